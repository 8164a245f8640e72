//! How often the picture is drawn: as often as the terminal takes it. At the end of a slow line, bytes are taken no faster
//! than the line carries them, and pictures drawn on regardless would be old when they are seen.

use std::{
    cell::Cell,
    io::{self, Stdout, Write},
    rc::Rc,
    time::{Duration, Instant},
};

/// Between two pictures at least, and at most.
const OFTEN: Duration = Duration::from_millis(100);
const SELDOM: Duration = Duration::from_secs(2);

/// How much longer the line rests than it was busy with a picture.
const REST: u32 = 3;

/// What the picture before counts beside the newest.
const BEFORE: f64 = 0.5;

/// Bytes that the terminal took, and how long writing had to wait for that.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sent {
    pub bytes: usize,
    pub time: Duration,
}

/// Follows how fast the terminal is.
#[derive(Debug, Default)]
pub struct TerminalPace {
    /// Weighted sums over the last pictures, and of the weights.
    bytes: f64,
    seconds: f64,
    pictures: f64,
}

impl TerminalPace {
    /// A picture was sent.
    pub fn note(&mut self, sent: Sent) {
        self.bytes = BEFORE * self.bytes + sent.bytes as f64;
        self.seconds = BEFORE * self.seconds + sent.time.as_secs_f64();
        self.pictures = BEFORE * self.pictures + 1.0;
    }

    /// Between two pictures now.
    pub fn every(&self) -> Duration {
        let busy = Duration::from_secs_f64(self.seconds / self.pictures.max(1.0));
        (REST * busy).clamp(OFTEN, SELDOM)
    }

    /// Bytes a second that the terminal takes, where that makes pictures seldom.
    pub fn slow(&self) -> Option<u64> {
        (self.every() > OFTEN).then(|| (self.bytes / self.seconds) as u64)
    }
}

/// Standard output, with a meter that the picture's owner can read.
pub struct Metered {
    output: Stdout,
    meter: Rc<Cell<Sent>>,
}

impl Metered {
    pub fn new(meter: Rc<Cell<Sent>>) -> Self {
        Self { output: io::stdout(), meter }
    }

    fn time<T>(
        &mut self,
        write: impl FnOnce(&mut Stdout) -> io::Result<T>,
        bytes: impl FnOnce(&T) -> usize,
    ) -> io::Result<T> {
        let begin = Instant::now();
        let written = write(&mut self.output)?;
        let Sent { bytes: before, time } = self.meter.get();
        self.meter.set(Sent { bytes: before + bytes(&written), time: time + begin.elapsed() });
        Ok(written)
    }
}

impl Write for Metered {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.time(|output| output.write(bytes), |written| *written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.time(Stdout::flush, |()| 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_come_as_often_as_the_terminal_takes_them() {
        let cases: [(&[u64], u64, Option<u64>); 5] = [
            (&[], 100, None),
            (&[1, 2, 1], 100, None),
            (&[200], 600, Some(5000)),
            (&[5000], 2000, Some(200)),
            // A single stumble is forgotten.
            (&[200, 0, 0, 0], 100, None),
        ];
        for (busy, every, slow) in cases {
            let mut pace = TerminalPace::default();
            busy.iter().for_each(|ms| pace.note(Sent { bytes: 1000, time: Duration::from_millis(*ms) }));
            assert_eq!((pace.every().as_millis() as u64, pace.slow()), (every, slow), "{busy:?}");
        }
    }
}
