//! Ctrl-C cancels a run.

use std::future::Future as _;
use std::pin::pin;
use std::sync::mpsc;
use std::task::Poll;
use std::{future, io, thread};

use delayed::CancelToken;

/// The exit code of a program that Ctrl-C has ended, as shells have it.
pub const INTERRUPTED: u8 = 130;

/// From now on Ctrl-C does not end the program, but cancels all runs that have the token.
///
/// # Errors
///
/// If the system does not let the program listen.
pub fn cancel_on_ctrl_c(token: &CancelToken) -> io::Result<()> {
    let host = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let (is_listening, listening) = mpsc::sync_channel(1);
    let token = token.clone();
    let listen = async move {
        let mut ctrl_c = pin!(tokio::signal::ctrl_c());
        // The first poll is what registers with the system.
        let first = future::poll_fn(|cx| Poll::Ready(ctrl_c.as_mut().poll(cx))).await;
        let heard = match first {
            Poll::Ready(Err(error)) => {
                let _ = is_listening.send(Err(error));
                return;
            }
            Poll::Ready(Ok(())) => Ok(()),
            Poll::Pending => {
                let _ = is_listening.send(Ok(()));
                ctrl_c.await
            }
        };
        if heard.is_ok() {
            token.cancel();
        }
    };
    thread::Builder::new().name("ctrl-c".into()).spawn(move || host.block_on(listen))?;
    listening.recv().unwrap_or(Ok(()))
}
