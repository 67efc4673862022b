//! Fleet control over MQTT.
