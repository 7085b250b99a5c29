//! Ctrl-C cancels a run.

use std::{io, process, thread};

use delayed::CancelToken;

#[cfg(unix)]
use tokio::signal::unix::{Signal as CtrlC, SignalKind, signal};
#[cfg(windows)]
use tokio::signal::windows::{CtrlC, ctrl_c};

/// The exit code of a program that Ctrl-C has ended, as shells have it.
pub const INTERRUPTED: u8 = 130;

/// From now on Ctrl-C does not end the program, but cancels all runs that have the token. A second one ends the program
/// at once: a run that is cancelled still waits for the bodies of sync tasks that are under way.
///
/// # Errors
///
/// If the system does not let the program listen.
pub fn cancel_on_ctrl_c(token: &CancelToken) -> io::Result<()> {
    let host = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let mut ctrl_c = {
        let _host = host.enter();
        listen()?
    };
    let token = token.clone();
    let cancel = async move {
        ctrl_c.recv().await;
        token.cancel();
        ctrl_c.recv().await;
        process::exit(INTERRUPTED.into());
    };
    thread::Builder::new().name("ctrl-c".into()).spawn(move || host.block_on(cancel))?;
    Ok(())
}

#[cfg(unix)]
fn listen() -> io::Result<CtrlC> {
    signal(SignalKind::interrupt())
}

#[cfg(windows)]
fn listen() -> io::Result<CtrlC> {
    ctrl_c()
}
