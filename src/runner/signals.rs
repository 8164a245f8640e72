//! Ctrl-C and `kill`: the first asks the runner to checkpoint and leave, the second ends it at once.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use anyhow::{Context, Result};
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag,
};

/// What was heard of SIGINT and SIGTERM.
#[derive(Debug, Default)]
pub struct Signals {
    stop: Arc<AtomicBool>,
    number: Arc<AtomicUsize>,
}

impl Signals {
    /// From now on the two signals no longer end the process the first time.
    ///
    /// # Errors
    /// Where the system does not allow it.
    pub fn listen() -> Result<Self> {
        let signals = Self::default();
        let register = |signal| -> std::io::Result<()> {
            // In this order: the flag that the first signal sets is what makes the second one final.
            flag::register_conditional_shutdown(signal, 128 + signal, signals.stop.clone())?;
            flag::register_usize(signal, signals.number.clone(), signal as usize)?;
            flag::register(signal, signals.stop.clone()).map(|_| ())
        };
        [SIGINT, SIGTERM].into_iter().try_for_each(register).context("cannot listen to signals")?;
        Ok(signals)
    }

    /// For [`super::Surroundings`].
    pub fn stop(&self) -> &AtomicBool {
        &self.stop
    }

    /// 130 after SIGINT, 143 after SIGTERM, none after neither.
    pub fn exit_code(&self) -> Option<u8> {
        let number = self.number.load(Ordering::Relaxed);
        (number > 0).then(|| 128 + number as u8)
    }
}
