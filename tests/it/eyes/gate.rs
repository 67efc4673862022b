//! A gate between browsers and the server: shut, it is as if the server were away,
//! though its house goes on. Deliberately absent: slowness; only there or not.

use std::sync::Mutex;

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpSocket, TcpStream},
    task::JoinHandle,
};

/// The gate.
pub struct Gate {
    port: u16,
    server: String,
    open: Mutex<Option<JoinHandle<()>>>,
}

impl Gate {
    /// An open gate before the server at `base`.
    pub async fn before(base: &str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = base.trim_start_matches("http://").to_owned();
        let open = Mutex::new(Some(tokio::spawn(pass(listener, server.clone()))));
        Self { port, server, open }
    }

    /// Where browsers go.
    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The server is away: what is open breaks, and nobody answers.
    pub async fn shut(&self) {
        let way = self.open.lock().unwrap().take().unwrap();
        way.abort();
        // It has ended, and so has its listener, when it is awaited.
        way.await.ok();
    }

    /// The server is back, at the same address.
    pub fn open_again(&self) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind(([127, 0, 0, 1], self.port).into()).unwrap();
        let listener = socket.listen(64).unwrap();
        *self.open.lock().unwrap() = Some(tokio::spawn(pass(listener, self.server.clone())));
    }
}

async fn pass(listener: TcpListener, server: String) {
    // Dropped with this task, and every connection with it.
    let mut ways = tokio::task::JoinSet::new();
    while let Ok((mut browser, _)) = listener.accept().await {
        let server = server.clone();
        ways.spawn(async move {
            if let Ok(mut house) = TcpStream::connect(&server).await {
                copy_bidirectional(&mut browser, &mut house).await.ok();
            }
        });
    }
}
