-- Webhooks: who is told, and every message with what became of it.
CREATE TABLE hooks (
    id TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    kinds TEXT NOT NULL,               -- JSON list; empty: the whole catalogue
    channel TEXT,                      -- only facts about its orders
    state TEXT NOT NULL,
    reason TEXT,
    generation BIGINT NOT NULL,        -- the secret is derived from the house's key, id and this
    old_secret_until BIGINT,
    created_at BIGINT NOT NULL
);

CREATE TABLE hook_messages (
    id TEXT PRIMARY KEY,               -- the webhook-id of every try
    hook TEXT NOT NULL,
    fact TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    position BIGINT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    status BIGINT NOT NULL,
    reply TEXT NOT NULL,
    took_ms BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (hook, fact)
);
CREATE INDEX hook_messages_waiting ON hook_messages (hook, subject, position) WHERE state = 'waiting';
CREATE INDEX hook_messages_due ON hook_messages (next_at) WHERE state = 'waiting';
CREATE INDEX hook_messages_by_hook ON hook_messages (hook, id);
CREATE INDEX hook_messages_by_age ON hook_messages (created_at);
