//! A plain HTTP client: one connection, nothing repeated, nothing followed.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    Request, StatusCode,
    client::conn::http1::{SendRequest, handshake},
    header::HeaderMap,
};
use hyper_util::rt::TokioIo;
use redial_simulator::{Simulator, SimulatorConfig, start};
use serde_json::{Value, json};
use tokio::net::TcpStream;

/// An answer read to its end.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a JSON answer")
    }
}

/// One connection to a simulator.
pub struct Client(SendRequest<Full<Bytes>>);

impl Client {
    pub async fn connect(simulator: &Simulator) -> Self {
        let stream = TcpStream::connect(simulator.addr()).await.unwrap();
        let (sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        Self(sender)
    }

    pub async fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> hyper::Result<Answer> {
        let mut request = Request::builder().method(method).uri(path).header("host", "simulator");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.0.ready().await?;
        let response = self.0.send_request(request.body(Full::new(Bytes::from(body.to_owned()))).unwrap()).await?;
        let (parts, body) = response.into_parts();
        Ok(Answer { status: parts.status, headers: parts.headers, body: body.collect().await?.to_bytes() })
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, &[], "").await.unwrap()
    }

    pub async fn post(&mut self, path: &str, body: &Value) -> hyper::Result<Answer> {
        let headers = [("content-type", "application/json"), ("project", "")];
        self.send("POST", path, &headers, &body.to_string()).await
    }

    pub async fn call(&mut self, number: &str, conversation: &str) -> hyper::Result<Answer> {
        self.post("/v2/call", &call_body(number, conversation)).await
    }

    pub async fn results(&mut self, ids: &[&str]) -> hyper::Result<Answer> {
        self.post("/v2/callresult", &json!({ "UniqueIds": ids })).await
    }
}

/// A call as Knovvu's page describes it, with the required fields only.
pub fn call_body(number: &str, conversation: &str) -> Value {
    json!({
        "Project": "renewals",
        "ConversationId": conversation,
        "AccessToken": "token",
        "ScenarioPath": "/scenario",
        "OrchestratorUrl": "https://orchestrator.example.com",
        "Tenant": "Default",
        "ScenarioInputParameters": [
            { "Name": "_DisplayNumber", "Value": "200" },
            { "Name": "_Destination", "Value": number },
        ],
    })
}

pub async fn simulator(toml: &str) -> Simulator {
    let config: SimulatorConfig = toml::from_str(toml).unwrap();
    start(config, "127.0.0.1:0".parse().unwrap()).await.unwrap()
}
