//! Ctrl-C and `kill`: whatever is heard asks the runner to checkpoint and leave; only a second Ctrl-C ends it at once.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use anyhow::{Context, Result};
use signal_hook::{
    consts::{SIGINT, SIGTERM, SIGUSR1, SIGUSR2},
    flag,
};

/// By which schedulers and people ask to leave.
const SIGNALS: [i32; 4] = [SIGINT, SIGTERM, SIGUSR1, SIGUSR2];

/// What was heard of them.
#[derive(Debug, Default)]
pub struct Signals {
    stop: Arc<AtomicBool>,
    number: Arc<AtomicUsize>,
}

impl Signals {
    /// From now on none of these signals ends the process, but for a second SIGINT: who presses Ctrl-C again means it.
    /// Schedulers repeat theirs, and several processes of a job pass one on.
    ///
    /// # Errors
    /// Where the system does not allow it.
    pub fn listen() -> Result<Self> {
        let (signals, interrupted) = (Self::default(), Arc::<AtomicBool>::default());
        let register = |signal| -> io::Result<()> {
            flag::register_usize(signal, signals.number.clone(), signal as usize)?;
            flag::register(signal, signals.stop.clone()).map(drop)
        };
        let register_all = || -> io::Result<()> {
            // In this order: the flag that the first SIGINT sets is what makes the second one final.
            flag::register_conditional_shutdown(SIGINT, 128 + SIGINT, interrupted.clone())?;
            flag::register(SIGINT, interrupted.clone())?;
            SIGNALS.into_iter().try_for_each(register)
        };
        register_all().context("cannot listen to signals")?;
        Ok(signals)
    }

    /// For [`super::Surroundings`].
    pub fn stop(&self) -> &AtomicBool {
        &self.stop
    }

    /// 130 after SIGINT, 143 after another signal, none after none.
    pub fn exit_code(&self) -> Option<u8> {
        match self.number.load(Ordering::Relaxed) as i32 {
            0 => None,
            SIGINT => Some(130),
            _ => Some(143),
        }
    }
}
