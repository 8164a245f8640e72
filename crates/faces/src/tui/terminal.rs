//! The terminal: taken over, given back whatever happens, and asked for keys.
//!
//! crossterm 0.29 never returns from `event::poll` once the terminal has hung up, blocks there in the middle of a sequence,
//! and misses a key that comes with a new size. So waiting and reading are done here, on the terminal and on a pipe that
//! signals write to; [`Input`] makes keys of the bytes.

use std::{
    cell::Cell,
    io::{self, BufWriter, Read, Write},
    mem::{self, ManuallyDrop},
    os::unix::net::UnixStream,
    rc::Rc,
    sync::{
        Arc, Once,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crossterm::{
    cursor, event, execute,
    style::force_color_output,
    terminal::{self, BeginSynchronizedUpdate, EndSynchronizedUpdate},
};
use ratatui::{
    Terminal,
    backend::CrosstermBackend,
    buffer::Buffer,
    layout::{Position, Rect},
};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::{Errno, retry_on_intr},
    process::{Signal, kill_current_process_group},
};
use signal_hook::{consts, flag, low_level::pipe};

use super::{
    clipboard::{self, Copied},
    graphics::{self, Graphics},
    guard,
    input::Input,
    pace::{Metered, Sent},
};

/// A terminal in use; given back when dropped.
pub struct Session {
    /// Never dropped: ratatui would print to a terminal that has hung up, and panic. [`restore`] does what is needed.
    terminal: ManuallyDrop<Terminal<CrosstermBackend<BufWriter<Metered>>>>,
    meter: Rc<Cell<Sent>>,
    signals: SignalPipe,
    input: Input,
    /// Keys that came while the terminal was asked for something else.
    early: Vec<event::Event>,
}

/// What ended a wait.
pub enum Woken {
    Due,
    Events(Vec<event::Event>),
    /// The process was stopped and goes on: the terminal is taken again, and empty.
    Again,
    /// The terminal is gone, or the process is asked to end.
    End,
}

/// What poll says of a terminal that is no longer there.
const GONE: PollFlags = PollFlags::HUP.union(PollFlags::ERR).union(PollFlags::NVAL);

/// How long the terminal may take to answer: a slow line's way there and back.
const ANSWER: Duration = Duration::from_secs(1);

/// Bytes of a picture that leave in one write.
const PICTURE: usize = 1 << 16;

/// Bytes that are read at once: as many as Linux keeps for a terminal.
const READ: usize = 1 << 12;

impl Session {
    /// Takes the terminal over, and the mouse where that is asked for.
    ///
    /// # Errors
    /// It is none, or signals cannot be heard.
    pub fn open(mouse: bool) -> io::Result<Self> {
        let signals = SignalPipe::hear()?;
        // Without this crossterm writes an SGR reset in place of each colour under NO_COLOR, and selections vanish.
        force_color_output(true);
        restore_on_panic();
        MOUSE.store(mouse, Ordering::Relaxed);
        enter()?;
        let meter = Rc::<Cell<Sent>>::default();
        let output = BufWriter::with_capacity(PICTURE, Metered::new(Rc::clone(&meter)));
        let terminal = Terminal::new(CrosstermBackend::new(output)).inspect_err(|_| restore())?;
        let terminal = ManuallyDrop::new(terminal);
        Ok(Self { terminal, meter, signals, input: Input::default(), early: Vec::new() })
    }

    /// Draws one picture as a synchronised update: the terminal shows it whole or not at all. Returns what that took.
    pub fn draw(&mut self, draw: impl FnOnce(Rect, &mut Buffer)) -> io::Result<Sent> {
        self.meter.take();
        crossterm::queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        self.terminal.draw(|frame| draw(frame.area(), frame.buffer_mut()))?;
        execute!(self.terminal.backend_mut(), EndSynchronizedUpdate)?;
        Ok(self.meter.take())
    }

    /// Puts `text` into tmux's buffer, or else on the terminal's clipboard, if it lets us.
    pub fn copy(&mut self, text: &str) -> io::Result<Copied> {
        if clipboard::to_tmux(text) {
            return Ok(Copied::Tmux);
        }
        let output = self.terminal.backend_mut();
        output.write_all(clipboard::copy(text).as_bytes())?;
        Write::flush(output)?;
        Ok(Copied::Sent)
    }

    /// Asks the terminal how it draws pictures. Keys that come with the answer are kept for [`Self::wait`]; where no answer
    /// comes in time, pictures are made of characters.
    pub fn graphics(&mut self) -> io::Result<Option<Graphics>> {
        let output = self.terminal.backend_mut();
        output.write_all(graphics::QUESTION.as_bytes())?;
        Write::flush(output)?;
        let (begin, mut answer) = (Instant::now(), Vec::new());
        while !graphics::is_whole(&answer) && begin.elapsed() < ANSWER && !self.signals.ended() {
            let terminal = self.poll(ANSWER.saturating_sub(begin.elapsed()))?;
            if terminal.intersects(GONE) {
                break;
            }
            if terminal.contains(PollFlags::IN) {
                let bytes = read()?;
                self.early.extend(self.input.take(&bytes, Instant::now()));
                answer.extend(bytes);
            }
        }
        let size = rustix::termios::tcgetwinsize(io::stdout()).ok();
        let cell = size.filter(|size| size.ws_col > 0 && size.ws_row > 0);
        let cell = cell.map(|size| (size.ws_xpixel / size.ws_col, size.ws_ypixel / size.ws_row));
        Ok(Graphics::of_answer(&answer, cell))
    }

    /// Waits for keys, a new size or a signal.
    pub fn wait(&mut self, timeout: Duration) -> io::Result<Woken> {
        let patience = self.input.patience(Instant::now()).unwrap_or(timeout);
        let terminal = self.poll(if self.early.is_empty() { timeout.min(patience) } else { Duration::ZERO })?;
        if self.signals.ended() || terminal.intersects(GONE) {
            return Ok(Woken::End);
        }
        if self.signals.continued() {
            self.take_again()?;
            return Ok(Woken::Again);
        }
        let events = self.arrived(terminal)?;
        Ok(if events.is_empty() { Woken::Due } else { Woken::Events(events) })
    }

    /// What has come by now: a new size, keys.
    fn arrived(&mut self, terminal: PollFlags) -> io::Result<Vec<event::Event>> {
        let mut events = mem::take(&mut self.early);
        if self.signals.resized() {
            let size = self.terminal.size()?;
            events.push(event::Event::Resize(size.width, size.height));
        }
        if terminal.contains(PollFlags::IN) {
            events.extend(self.input.take(&read()?, Instant::now()));
        }
        events.extend(self.input.overdue(Instant::now()));
        Ok(events)
    }

    /// Gives the terminal back and stops, as a shell's job does; returns when the shell goes on with it.
    pub fn suspend(&mut self) -> io::Result<()> {
        restore();
        kill_current_process_group(Signal::TSTP)?;
        self.take_again()
    }

    /// Takes the terminal over and forgets what it showed. Ratatui's own `clear` would ask where the cursor is, and fail
    /// where the answer is late.
    fn take_again(&mut self) -> io::Result<()> {
        enter()?;
        let area = Rect::from((Position::ORIGIN, self.terminal.size()?));
        self.terminal.resize(area)
    }

    /// What poll says about the terminal after at most `timeout`.
    fn poll(&mut self, timeout: Duration) -> io::Result<PollFlags> {
        let stdin = io::stdin();
        let mut sources = [PollFd::new(&stdin, PollFlags::IN), PollFd::new(&self.signals.pipe, PollFlags::IN)];
        let timeout = Timespec::try_from(timeout).map_err(io::Error::other)?;
        match poll(&mut sources, Some(&timeout)) {
            Err(Errno::INTR) | Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        let terminal = sources[0].revents();
        self.signals.drain();
        Ok(terminal)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        restore();
    }
}

/// Signals, which wake [`Session::wait`] through a pipe.
struct SignalPipe {
    pipe: UnixStream,
    end: Arc<AtomicBool>,
    go_on: Arc<AtomicBool>,
    resize: Arc<AtomicBool>,
}

impl SignalPipe {
    fn hear() -> io::Result<Self> {
        let (pipe, writer) = UnixStream::pair()?;
        pipe.set_nonblocking(true)?;
        let signals = Self { pipe, end: Arc::default(), go_on: Arc::default(), resize: Arc::default() };
        for signal in [consts::SIGHUP, consts::SIGTERM, consts::SIGINT] {
            flag::register(signal, Arc::clone(&signals.end))?;
        }
        flag::register(consts::SIGCONT, Arc::clone(&signals.go_on))?;
        flag::register(consts::SIGWINCH, Arc::clone(&signals.resize))?;
        for signal in [consts::SIGHUP, consts::SIGTERM, consts::SIGINT, consts::SIGCONT, consts::SIGWINCH] {
            pipe::register(signal, writer.try_clone()?)?;
        }
        Ok(signals)
    }

    fn ended(&self) -> bool {
        self.end.load(Ordering::Relaxed)
    }

    fn continued(&self) -> bool {
        self.go_on.swap(false, Ordering::Relaxed)
    }

    fn resized(&self) -> bool {
        self.resize.swap(false, Ordering::Relaxed)
    }

    fn drain(&mut self) {
        let mut bytes = [0; 64];
        while self.pipe.read(&mut bytes).is_ok_and(|read| read == bytes.len()) {}
    }
}

/// What the terminal has sent, which poll has said to be there; nothing where another reader was quicker.
fn read() -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; READ];
    let read = match retry_on_intr(|| rustix::io::read(io::stdin(), &mut bytes)) {
        Err(Errno::AGAIN) => 0,
        read => read?,
    };
    bytes.truncate(read);
    Ok(bytes)
}

/// Whether the terminal is ours now.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Whether the mouse is ours as well.
static MOUSE: AtomicBool = AtomicBool::new(false);

fn enter() -> io::Result<()> {
    TAKEN.store(true, Ordering::Relaxed);
    terminal::enable_raw_mode()?;
    execute!(io::stdout(), terminal::EnterAlternateScreen, cursor::Hide)?;
    if MOUSE.load(Ordering::Relaxed) { execute!(io::stdout(), event::EnableMouseCapture) } else { Ok(()) }
}

/// Gives the terminal back, once: after a panic the message must not be overwritten. A terminal that is gone cannot be
/// mended, so errors are of no use to anyone.
fn restore() {
    if !TAKEN.swap(false, Ordering::Relaxed) {
        return;
    }
    if MOUSE.load(Ordering::Relaxed) {
        let _ = execute!(io::stdout(), event::DisableMouseCapture);
    }
    let _ = execute!(io::stdout(), EndSynchronizedUpdate, terminal::LeaveAlternateScreen, cursor::Show);
    let _ = terminal::disable_raw_mode();
    let _ = io::stdout().flush();
}

/// Lets the message of a panic appear on a terminal that shows it. A panic that an attempt catches, or that ends another
/// thread than this one, leaves the picture alone: who waits for it hears of it.
fn restore_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let (print, ours) = (std::panic::take_hook(), thread::current().id());
        std::panic::set_hook(Box::new(move |panic| {
            if thread::current().id() == ours && !guard::is_attempting() {
                restore();
                print(panic);
            }
        }));
    });
}
