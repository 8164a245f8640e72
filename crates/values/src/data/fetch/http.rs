//! One file over HTTP, to a file beside its place: asked for from where the last connection broke.

use std::{
    fmt,
    fs::{self, File},
    io,
    path::Path,
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use ureq::{
    Agent, Body,
    http::{Response, StatusCode, header},
};

use super::{DownloadProgress, FetchNews, Manner, copy};

/// More than any published file has.
const LARGEST: u64 = 16 << 30;
/// Pauses grow from this on, up to that many times.
const PAUSE: Duration = Duration::from_millis(500);
const LONGEST: u32 = 20;

/// Downloads `url` to `part`, going on with what is there. A connection that breaks or says nothing is tried again as
/// long as it brings something, and `attempts` times where it does not.
///
/// # Errors
/// The last reason.
pub fn download(url: &str, name: &str, part: &Path, manner: &Manner, tell: &mut dyn FnMut(FetchNews)) -> Result<()> {
    let agent = agent(manner.patience);
    let mut idle = 0;
    loop {
        let before = length(part);
        let Err(reason) = once(&agent, url, name, part, tell) else { return Ok(()) };
        idle = if length(part) > before { 0 } else { idle + 1 };
        if idle >= manner.attempts || !is_passing(&reason) {
            return Err(reason);
        }
        tell(FetchNews::Line(&format!("{name}: {reason:#}; trying again from byte {}", length(part))));
        thread::sleep((PAUSE * (idle as u32).min(LONGEST)).min(manner.patience));
    }
}

/// Of connections: all timeouts are the patience, but for the whole.
fn agent(patience: Duration) -> Agent {
    let config = Agent::config_builder()
        .timeout_connect(Some(patience))
        .timeout_send_request(Some(patience))
        .timeout_recv_response(Some(patience))
        .timeout_per_read(Some(patience))
        .http_status_as_error(false)
        .user_agent(concat!("byolab/", env!("CARGO_PKG_VERSION")));
    config.build().into()
}

/// An answer that brings no file.
#[derive(Debug)]
struct Refused(StatusCode);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server answered {}", self.0)
    }
}

impl std::error::Error for Refused {}

/// Whether asking again may help: not where the server says that the request is wrong.
fn is_passing(reason: &anyhow::Error) -> bool {
    reason.downcast_ref::<Refused>().is_none_or(|Refused(status)| status.is_server_error())
}

fn length(part: &Path) -> u64 {
    fs::metadata(part).map_or(0, |found| found.len())
}

/// One connection.
fn once(agent: &Agent, url: &str, name: &str, part: &Path, tell: &mut dyn FnMut(FetchNews)) -> Result<()> {
    let have = length(part);
    let mut request = agent.get(url);
    if have > 0 {
        request = request.header(header::RANGE, format!("bytes={have}-"));
    }
    let mut answer = request.call()?;
    let begin = match answer.status() {
        StatusCode::OK => 0,
        StatusCode::PARTIAL_CONTENT if begin(&answer) == Some(have) => have,
        StatusCode::RANGE_NOT_SATISFIABLE if whole(&answer) == Some(have) => return Ok(()),
        // A range that was not asked for, or nothing where there should be more: begin again.
        StatusCode::RANGE_NOT_SATISFIABLE | StatusCode::PARTIAL_CONTENT if have > 0 => {
            fs::remove_file(part)?;
            bail!("the server has another file than the one that was begun");
        }
        status => return Err(Refused(status).into()),
    };
    let total = answer.body().content_length().map(|left| begin + left);
    let mut out = File::options().create(true).append(true).open(part).context("cannot write the download")?;
    out.set_len(begin)?;
    let mut bytes = begin;
    let mut body = io::Read::take(answer.body_mut().as_reader(), LARGEST.saturating_sub(begin));
    copy(&mut body, &mut out, |n| {
        bytes += n as u64;
        tell(FetchNews::Progress(DownloadProgress { name, bytes, total }));
    })?;
    match total {
        Some(total) if bytes < total => bail!("the connection broke at byte {bytes} of {total}"),
        _ => Ok(out.sync_all()?),
    }
}

/// The size of the file of which there is nothing more.
fn whole(answer: &Response<Body>) -> Option<u64> {
    answer.headers().get(header::CONTENT_RANGE)?.to_str().ok()?.strip_prefix("bytes */")?.parse().ok()
}

/// Where the range that was sent begins.
fn begin(answer: &Response<Body>) -> Option<u64> {
    let range = answer.headers().get(header::CONTENT_RANGE)?.to_str().ok()?;
    range.strip_prefix("bytes ")?.split('-').next()?.parse().ok()
}
