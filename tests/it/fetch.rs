//! Fetching from a server on loopback that cuts, stalls, corrupts and redirects.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use byolab::data::fetch::{FetchNews, Manner, PublishedFile, Sum, fetch, tar};
use sha2::{Digest, Sha256};

use crate::formats::{gzip, tar as packed};

/// How the server treats one connection.
#[derive(Clone, Copy)]
enum Treats {
    /// All that is asked for.
    Well,
    /// The whole file, whatever range is asked for.
    WithoutRanges,
    /// Cut after so many bytes.
    Cuts(usize),
    /// The same, and then silence.
    Stalls(usize),
    /// A byte is another.
    Corrupts,
    Redirects,
    Refuses(&'static str),
}

/// A server of `file` that treats one connection after the other as told; what was asked comes out of the receiver:
/// the path, and the first byte of the range.
fn serve(file: Vec<u8>, treats: Vec<Treats>) -> (String, Receiver<(String, usize)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (asked, requests) = channel();
    thread::spawn(move || {
        let mut silent = Vec::new();
        for treat in treats {
            let (mut stream, _) = listener.accept().unwrap();
            let request = request(&stream);
            let from = request.1;
            let _ = asked.send(request);
            // A client that has had enough closes the connection.
            let _ = answer(&mut stream, &file, from, treat);
            if matches!(treat, Treats::Stalls(_)) {
                silent.push(stream);
            }
        }
        thread::sleep(Duration::from_secs(2));
    });
    (address, requests)
}

fn request(stream: &TcpStream) -> (String, usize) {
    let lines = BufReader::new(stream).lines().map(Result::unwrap).take_while(|line| !line.is_empty());
    let lines: Vec<String> = lines.collect();
    let path = lines[0].split(' ').nth(1).unwrap().to_owned();
    let range = lines.iter().find_map(|line| line.to_lowercase().strip_prefix("range: bytes=").map(String::from));
    (path, range.map_or(0, |range| range.trim_end_matches('-').parse().unwrap()))
}

fn answer(stream: &mut TcpStream, file: &[u8], from: usize, treat: Treats) -> std::io::Result<()> {
    let close = "Connection: close\r\n\r\n";
    match treat {
        Treats::Refuses(status) => return write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\n{close}"),
        Treats::Redirects => {
            return write!(stream, "HTTP/1.1 302 Found\r\nLocation: /elsewhere/file\r\nContent-Length: 0\r\n{close}");
        }
        _ => {}
    }
    let from = if matches!(treat, Treats::WithoutRanges) { 0 } else { from };
    if from > 0 && from >= file.len() {
        let size = file.len();
        return write!(stream, "HTTP/1.1 416 No\r\nContent-Range: bytes */{size}\r\nContent-Length: 0\r\n{close}");
    }
    let mut body = file[from..].to_vec();
    let status = match from {
        0 => "200 OK".into(),
        _ => format!("206 Partial Content\r\nContent-Range: bytes {from}-{}/{}", file.len() - 1, file.len()),
    };
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\n{close}", body.len())?;
    match treat {
        Treats::Cuts(n) | Treats::Stalls(n) => body.truncate(n),
        Treats::Corrupts => body[0] ^= 1,
        _ => {}
    }
    stream.write_all(&body)?;
    stream.flush()
}

/// An archive of one folder.
fn archive() -> Vec<u8> {
    let noise: Vec<u8> = (0..60_000u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    gzip(&packed(&[
        ("some-set", b'5', b""),
        ("some-set/images.bin", b'0', &noise),
        ("./some-set/labels.bin", b'0', b"12"),
    ]))
}

/// `file` as it is published, with its checksum.
fn published(file: &[u8]) -> PublishedFile {
    let sum: String = Sha256::digest(file).iter().map(|byte| format!("{byte:02x}")).collect();
    PublishedFile {
        url: "https://nowhere.invalid/folder/some.tar.gz",
        sum: Sum::Sha256(sum.leak()),
        folder: "some-set",
        archive: true,
    }
}

/// Fetches `file` from a server, and returns what it was asked and what was told.
fn fetched(folder: &Path, file: &[u8], treats: &[Treats]) -> (anyhow::Result<()>, Vec<usize>, Vec<String>) {
    let (mirror, requests) = serve(file.to_vec(), treats.to_vec());
    let manner = Manner { mirror: Some(mirror), patience: Duration::from_millis(200), attempts: 2 };
    let mut lines = Vec::new();
    let result = fetch(&[published(&archive())], folder, &manner, &mut |told| {
        if let FetchNews::Line(line) = told {
            lines.push(line.to_owned());
        }
    });
    (result, requests.try_iter().map(|(_, from)| from).collect(), lines)
}

#[track_caller]
fn assert_there(folder: &Path) {
    assert_eq!(fs::metadata(folder.join("some-set/images.bin")).unwrap().len(), 60_000);
    assert_eq!(fs::read(folder.join("some-set/labels.bin")).unwrap(), b"12");
    let mut left: Vec<_> = fs::read_dir(folder.join(".fetch")).unwrap().map(|it| it.unwrap().file_name()).collect();
    left.retain(|name| name != "lock");
    assert!(left.is_empty(), "{left:?} is left");
}

#[test]
fn a_download_goes_on_where_it_broke_and_ends_whole() {
    use Treats::*;
    let file = archive();
    let cases: [(&[Treats], &[usize]); 7] = [
        (&[Well], &[0]),
        (&[Cuts(1000), Well], &[0, 1000]),
        (&[Cuts(1000), Cuts(500), Cuts(1), Well], &[0, 1000, 1500, 1501]),
        (&[Stalls(700), Well], &[0, 700]),
        (&[Cuts(1000), WithoutRanges], &[0, 1000]),
        (&[Redirects, Well], &[0, 0]),
        (&[Refuses("503 Busy"), Well], &[0, 0]),
    ];
    for (treats, asked) in cases {
        let folder = tempfile::tempdir().unwrap();
        let (result, from, lines) = fetched(folder.path(), &file, treats);
        result.unwrap_or_else(|error| panic!("{asked:?}: {error:#}"));
        assert_eq!(from, asked, "{lines:?}");
        assert_there(folder.path());
        let (again, from, lines) = fetched(folder.path(), &file, &[]);
        assert!(again.is_ok() && from.is_empty() && lines == ["some.tar.gz is already there"], "{lines:?}");
    }
}

#[test]
fn an_interrupted_download_goes_on_in_the_next_process() {
    let (folder, file) = (tempfile::tempdir().unwrap(), archive());
    let gone = fetched(folder.path(), &file, &[Treats::Cuts(2000), Treats::Refuses("404 Gone")]);
    assert!(gone.0.is_err() && !folder.path().join("some-set").exists());
    let (result, from, _) = fetched(folder.path(), &file, &[Treats::Well]);
    assert!(result.is_ok());
    assert_eq!(from, [2000]);
    assert_there(folder.path());
}

#[test]
fn a_whole_download_that_was_not_checked_is_not_fetched_again() {
    let (folder, file) = (tempfile::tempdir().unwrap(), archive());
    fs::create_dir_all(folder.path().join(".fetch")).unwrap();
    fs::write(folder.path().join(".fetch/some-set-some.tar.gz.part"), &file).unwrap();
    let (result, from, _) = fetched(folder.path(), &file, &[Treats::Well]);
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(from, [file.len()]);
    assert_there(folder.path());
}

#[test]
fn what_is_not_what_was_published_is_not_unpacked_and_fetched_anew() {
    let (folder, file) = (tempfile::tempdir().unwrap(), archive());
    let (result, ..) = fetched(folder.path(), &file, &[Treats::Corrupts]);
    let message = format!("{:#}", result.unwrap_err());
    assert!(message.contains("is not what was published: its checksum is"), "{message}");
    assert!(!folder.path().join("some-set").exists());
    let (result, from, _) = fetched(folder.path(), &file, &[Treats::Well]);
    assert!(result.is_ok());
    assert_eq!(from, [0]);
}

#[test]
fn what_cannot_be_fetched_is_told_with_its_url_and_where_to_put_it_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let by_hand = folder.path().join("some.tar.gz");
    for (treats, said) in [
        (vec![Treats::Refuses("404 Gone")], "404"),
        (vec![Treats::Refuses("500 Broken"); 2], "500"),
        (vec![Treats::Stalls(0); 2], "timeout"),
    ] {
        let message = format!("{:#}", fetched(folder.path(), &archive(), &treats).0.unwrap_err());
        for part in ["https://nowhere.invalid/folder/some.tar.gz", by_hand.to_str().unwrap(), said] {
            assert!(message.contains(part), "`{part}` is not in: {message}");
        }
    }
    fs::write(&by_hand, archive()).unwrap();
    let (result, from, _) = fetched(folder.path(), &[], &[]);
    assert!(result.is_ok() && from.is_empty(), "{result:?}");
    assert_there(folder.path());
}

#[test]
fn plain_files_are_put_into_the_sets_own_folder() {
    let (folder, file) = (tempfile::tempdir().unwrap(), b"values".to_vec());
    let (mirror, requests) = serve(file.clone(), vec![Treats::Well]);
    let manner = Manner { mirror: Some(mirror + "/a/"), ..Manner::default() };
    let file = PublishedFile { archive: false, folder: "mnist", ..published(&file) };
    fetch(&[file], folder.path(), &manner, &mut |_| {}).unwrap();
    assert_eq!(requests.recv().unwrap().0, "/a/some.tar.gz");
    assert_eq!(fs::read(folder.path().join("mnist/some.tar.gz")).unwrap(), b"values");
}

#[test]
fn nothing_leaves_the_folder_and_nothing_is_linked() {
    let limits = tar::Limits { bytes: 1000, files: 3 };
    let long = [b'x'; 600];
    type Entry<'a> = (&'a str, u8, &'a [u8]);
    let cases: [(&[Entry], &str); 9] = [
        (&[("../out", b'0', b"x")], "../out leaves the folder"),
        (&[("a/../../out", b'0', b"x")], "leaves the folder"),
        (&[("/tmp/out", b'0', b"x")], "leaves the folder"),
        (&[("a", b'2', b"")], "a is a link"),
        (&[("a", b'1', b"")], "a is a link"),
        (&[("a", b'3', b"")], "no file and no folder"),
        (&[("a", b'0', &long), ("b", b'0', &long)], "more than 1000 bytes"),
        (&[("a", b'5', b""), ("b", b'5', b""), ("c", b'5', b""), ("d", b'5', b"")], "more than 3 files"),
        (&[("a", b'0', b"x"), ("a", b'0', b"y")], "cannot write"),
    ];
    for (entries, said) in cases {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("inner/inner");
        fs::create_dir_all(&folder).unwrap();
        let message = format!("{:#}", tar::unpack(&packed(entries)[..], &folder, limits).unwrap_err());
        assert!(message.contains(said), "`{said}` is not in: {message}");
        assert_eq!(fs::read_dir(outer.path().join("inner")).unwrap().count(), 1, "something left the folder");
    }
    let folder = tempfile::tempdir().unwrap();
    let whole = packed(&[("a", b'0', b"x")]);
    let unpack = |bytes: &[u8]| tar::unpack(bytes, folder.path(), limits);
    assert!(format!("{:#}", unpack(&whole[..512]).unwrap_err()).contains("cut"));
    let mut broken = whole.clone();
    broken[3] = b'!';
    assert!(unpack(&broken).unwrap_err().to_string().contains("sum is wrong"));
}
