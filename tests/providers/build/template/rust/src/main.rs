use std::io::{Read, Write};
use std::net::TcpListener;

fn main() {
    let port = std::env::var("PORT").unwrap();
    let server = TcpListener::bind(format!("0.0.0.0:{port}")).unwrap();
    for client in server.incoming() {
        let mut client = client.unwrap();
        let _ = client.read(&mut [0; 4096]);
        let _ = write!(client, "HTTP/1.0 200 OK\r\n\r\n{}", words::SAID);
    }
}
