use std::collections::HashMap;
use std::future::{self, Future as _};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};

use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1::handshake;
use hyper::header::HOST;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Asks a website for its pages, each on a connection of its own.
#[derive(Debug)]
pub struct Client {
    website: SocketAddr,
    /// How often each page was asked for.
    tries: Mutex<HashMap<usize, u32>>,
}

/// What a website has answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The text.
    pub body: String,
    /// How often the page was asked for.
    pub tries: u32,
}

/// Why a page cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// Nobody listens there.
    #[error("cannot connect: {0}")]
    Connect(#[from] std::io::Error),
    /// The connection broke, or what came is no HTTP.
    #[error("the exchange broke off: {0}")]
    Exchange(#[from] hyper::Error),
    /// A request that cannot be written.
    #[error("cannot ask: {0}")]
    Request(#[from] hyper::http::Error),
    /// Another status than success.
    #[error("the website answered {}", status_text(*.0))]
    Status(u16),
    /// A page without a title.
    #[error("the page has no title")]
    NoTitle,
}

/// A status code and what it says.
fn status_text(code: u16) -> String {
    StatusCode::from_u16(code).map_or_else(|_| code.to_string(), |status| status.to_string())
}

impl Client {
    /// A client of the website at this address.
    pub fn new(website: SocketAddr) -> Self {
        Self { website, tries: Mutex::default() }
    }

    /// Asks for a page once.
    ///
    /// # Errors
    ///
    /// If no whole answer comes, or the website says that the fault is its own.
    pub async fn get(&self, page: usize) -> Result<Answer, FetchError> {
        let tries = self.count(page);
        let (status, body) = self.ask(page).await?;
        if status.is_server_error() {
            return Err(FetchError::Status(status.as_u16()));
        }
        Ok(Answer { status: status.as_u16(), body, tries })
    }

    /// Counts a try of a page; returns how many there were with it.
    fn count(&self, page: usize) -> u32 {
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        let tries = tries.entry(page).or_default();
        *tries += 1;
        *tries
    }

    async fn ask(&self, page: usize) -> Result<(StatusCode, String), FetchError> {
        let request = Request::get(format!("/{page}")).header(HOST, self.website.to_string());
        let request = request.body(Empty::<Bytes>::new())?;
        let stream = TcpStream::connect(self.website).await?;
        let (mut requests, connection) = handshake(TokioIo::new(stream)).await?;
        let mut connection = pin!(connection);
        let mut exchange = pin!(async move {
            let answer = requests.send_request(request).await?;
            let (head, body) = answer.into_parts();
            let body = body.collect().await?.to_bytes();
            Ok((head.status, String::from_utf8_lossy(&body).into_owned()))
        });
        // The connection is polled here and not in a task of its own: who drops this future closes it, then and there.
        let mut is_closed = false;
        future::poll_fn(|cx| {
            is_closed = is_closed || connection.as_mut().poll(cx).is_ready();
            exchange.as_mut().poll(cx)
        })
        .await
    }
}
