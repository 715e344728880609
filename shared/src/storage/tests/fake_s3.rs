//! One bucket in memory, over plain sockets: what it was asked, and what it was given.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

#[derive(Default)]
struct Kept {
    objects: HashMap<String, Vec<u8>>,
    asked: Vec<String>,
}

pub struct FakeS3 {
    pub url: String,
    kept: Arc<Mutex<Kept>>,
}

impl FakeS3 {
    pub async fn serve(bucket: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let kept = Arc::<Mutex<Kept>>::default();
        let shared = kept.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer_all(stream, bucket, shared.clone()));
            }
        });
        Self { url, kept }
    }

    pub fn asked(&self) -> Vec<String> {
        self.kept.lock().unwrap().asked.clone()
    }
}

async fn answer_all(stream: TcpStream, bucket: &str, kept: Arc<Mutex<Kept>>) {
    let mut stream = BufReader::new(stream);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return;
        }
        let (mut length, mut range) = (0, None);
        loop {
            let mut header = String::new();
            stream.read_line(&mut header).await.unwrap();
            if header.trim().is_empty() {
                break;
            }
            assert!(!header.to_lowercase().starts_with("transfer-encoding"), "S3 wants to know the length: {header}");
            if let Some(value) = header.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if let Some(value) = header.to_lowercase().strip_prefix("range: bytes=") {
                let (from, to) = value.trim().split_once('-').unwrap();
                range = Some((from.parse::<usize>().unwrap(), to.parse::<usize>().unwrap()));
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.unwrap();
        let (status, body) = answer(&line, body, bucket, &mut kept.lock().unwrap());
        let (status, body) = match range.filter(|_| status == "200 OK") {
            Some((from, to)) => ("206 Partial Content", body[from..body.len().min(to + 1)].to_vec()),
            None => (status, body),
        };
        let sent = if line.starts_with("HEAD") { &[][..] } else { &body };
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all(&[head.as_bytes(), sent].concat()).await.unwrap();
    }
}

fn answer(line: &str, body: Vec<u8>, bucket: &str, kept: &mut Kept) -> (&'static str, Vec<u8>) {
    let mut words = line.split(' ');
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    kept.asked.push(format!("{method} {target}"));
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let missing = |code: &str| ("404 Not Found", format!("<Error><Code>{code}</Code></Error>").into_bytes());
    if !["X-Amz-Signature=", "X-Amz-Credential=", "X-Amz-Date="].iter().all(|part| query.contains(part)) {
        return ("403 Forbidden", b"<Error><Code>AccessDenied</Code></Error>".to_vec());
    }
    let Some(key) = path.strip_prefix(&format!("/{bucket}/")) else { return missing("NoSuchBucket") };
    match method {
        "PUT" => {
            kept.objects.insert(key.to_owned(), body);
            ("200 OK", Vec::new())
        }
        "DELETE" => {
            kept.objects.remove(key);
            ("204 No Content", Vec::new())
        }
        _ => kept.objects.get(key).map_or_else(|| missing("NoSuchKey"), |body| ("200 OK", body.clone())),
    }
}
