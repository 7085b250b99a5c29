//! A website with every fault that a crawler meets. What it does with a page is known beforehand: [`Manner::of`].

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{future, io, thread};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;

/// How the website deals with a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// It answers at once.
    Prompt,
    /// It takes its time.
    Slow(Duration),
    /// It answers 500 to the first so many requests.
    Flaky(u32),
    /// It always answers 500.
    Broken,
    /// It answers 404.
    Missing,
    /// It never answers.
    Silent,
}

impl Manner {
    /// How the website deals with this page.
    pub fn of(page: usize) -> Self {
        match page % 20 {
            2 => Self::Missing,
            5 => Self::Flaky(1),
            9 => Self::Broken,
            12 => Self::Flaky(2),
            16 => Self::Silent,
            n if n % 3 == 0 => Self::Slow(Duration::from_millis(20 + page as u64 % 31)),
            _ => Self::Prompt,
        }
    }
}

/// How many links there are on this page.
pub fn links_of(page: usize) -> usize {
    page % 7
}

/// The website, which listens to this machine alone. It stays until the program ends.
#[derive(Debug)]
pub struct Website {
    address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
}

/// What the website has seen.
#[derive(Debug, Default)]
struct Seen {
    /// How often each page was asked for.
    requests: HashMap<usize, u32>,
    /// How many requests are under way.
    now: usize,
    /// How many there were at once at most.
    most: usize,
}

impl Website {
    /// Starts the website on a port that is free.
    ///
    /// # Errors
    ///
    /// If the system gives no port or no thread.
    pub fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let website = Self { address: listener.local_addr()?, seen: Arc::default() };
        let host = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let serving = serve(listener, website.seen.clone());
        thread::Builder::new().name("website".into()).spawn(move || host.block_on(serving))?;
        Ok(website)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many requests there were.
    pub fn requests(&self) -> u32 {
        lock(&self.seen).requests.values().sum()
    }

    /// How many requests were under way at once, at most.
    pub fn most_at_once(&self) -> usize {
        lock(&self.seen).most
    }
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(listener: TcpListener, seen: Arc<Mutex<Seen>>) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of files, say: others will close theirs.
            tokio::time::sleep(Duration::from_millis(1)).await;
            continue;
        };
        let seen = seen.clone();
        let answers = service_fn(move |request| {
            let seen = seen.clone();
            async move { Ok::<_, Infallible>(answer(request, &seen).await) }
        });
        let connection = http1::Builder::new().keep_alive(false).serve_connection(TokioIo::new(stream), answers);
        // A client that hangs up is an error here, and no matter.
        tokio::spawn(async { connection.await.unwrap_or_default() });
    }
}

async fn answer(request: Request<Incoming>, seen: &Mutex<Seen>) -> Response<Full<Bytes>> {
    // Who hung up before this request came is noticed first.
    tokio::task::yield_now().await;
    let Ok(page) = request.uri().path().trim_start_matches('/').parse() else {
        return response(StatusCode::NOT_FOUND, String::new());
    };
    let (_under_way, number) = UnderWay::begin(seen, page);
    match Manner::of(page) {
        Manner::Prompt => {}
        Manner::Slow(time) => tokio::time::sleep(time).await,
        Manner::Flaky(failures) if number > failures => {}
        Manner::Flaky(_) | Manner::Broken => return response(StatusCode::INTERNAL_SERVER_ERROR, String::new()),
        Manner::Missing => return response(StatusCode::NOT_FOUND, String::new()),
        Manner::Silent => future::pending().await,
    }
    response(StatusCode::OK, text(page))
}

fn response(status: StatusCode, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status;
    response
}

/// The text of a page.
fn text(page: usize) -> String {
    let links: String = (1..=links_of(page)).map(|n| format!("<a href=\"/{}\">{n}</a>\n", page + n)).collect();
    format!("<!doctype html>\n<html>\n<head><title>Page {page}</title></head>\n<body>\n{links}</body>\n</html>\n")
}

/// A request, until it is answered or its client hangs up.
struct UnderWay<'a>(&'a Mutex<Seen>);

impl<'a> UnderWay<'a> {
    /// Counts a request for a page; also returns how many for that page there were with it.
    fn begin(all: &'a Mutex<Seen>, page: usize) -> (Self, u32) {
        let mut seen = lock(all);
        seen.now += 1;
        seen.most = seen.most.max(seen.now);
        let number = seen.requests.entry(page).or_default();
        *number += 1;
        (Self(all), *number)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        lock(self.0).now -= 1;
    }
}
