//! The zip archives that `torch.save` writes: entries that are stored as they are, in order, none over another. Sizes of 64
//! bits are read (zip's APPNOTE 4.3), whatever is compressed, encrypted, damaged or shared between entries is refused.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use flate2::Crc;

/// Entries of an archive by their names.
pub type Entries<'a> = BTreeMap<&'a str, &'a [u8]>;

/// The record at the end of an archive, without its comment.
const END: usize = 22;
/// What says where the record for sizes of 64 bits is.
const LOCATOR: usize = 20;

/// The entries of an archive.
///
/// # Errors
/// What is no whole archive of stored entries.
pub fn entries(bytes: &[u8]) -> Result<Entries<'_>> {
    let (count, mut directory) = directory(bytes)?;
    let mut entries = Entries::new();
    let mut places = Vec::new();
    for _ in 0..count {
        let entry = Entry::read(&mut directory)?;
        let begin = entry.begin(bytes)?;
        let content = part(bytes, begin, entry.length).context("an entry ends behind the file's end")?;
        let mut crc = Crc::new();
        crc.update(content);
        ensure!(crc.sum() == entry.crc, "its entry {} is damaged", entry.name);
        places.push((begin, entry.length));
        ensure!(entries.insert(entry.name, content).is_none(), "it has the entry {} twice", entry.name);
    }
    places.sort_unstable();
    let over = places.windows(2).any(|pair| pair[0].0 + pair[0].1 > pair[1].0);
    ensure!(!over, "entries of it lie over each other");
    Ok(entries)
}

/// How many entries there are, and what lists them.
fn directory(bytes: &[u8]) -> Result<(u64, &[u8])> {
    let cut = "it is cut, or no zip archive: its list of entries, which is at the end, is not there";
    let first = bytes.len().saturating_sub(END + usize::from(u16::MAX));
    let end =
        (first..=bytes.len().checked_sub(END).context(cut)?).rev().find(|at| bytes[*at..].starts_with(b"PK\x05\x06"));
    let end = end.context(cut)?;
    let record = &bytes[end..];
    let (mut count, mut size, mut at) = (number(record, 10, 2)?, number(record, 12, 4)?, number(record, 16, 4)?);
    let locator = end.checked_sub(LOCATOR).map(|at| &bytes[at..end]).filter(|bytes| bytes.starts_with(b"PK\x06\x07"));
    if let Some(locator) = locator {
        let wide = part(bytes, number(locator, 8, 8)?, 56).context(cut)?;
        ensure!(wide.starts_with(b"PK\x06\x06"), cut);
        (count, size, at) = (number(wide, 32, 8)?, number(wide, 40, 8)?, number(wide, 48, 8)?);
    }
    Ok((count, part(bytes, at, size).context(cut)?))
}

/// What the list says of an entry.
struct Entry<'a> {
    name: &'a str,
    crc: u32,
    length: u64,
    /// Where its own head is.
    head: u64,
}

impl<'a> Entry<'a> {
    /// Takes the next from the list.
    fn read(list: &mut &'a [u8]) -> Result<Self> {
        ensure!(list.starts_with(b"PK\x01\x02"), "its list of entries is damaged");
        let lengths = [number(list, 28, 2)?, number(list, 30, 2)?, number(list, 32, 2)?];
        let name = part(list, 46, lengths[0]).context("its list of entries is cut")?;
        let name = std::str::from_utf8(name).ok().context("the name of an entry is no text")?;
        ensure!(number(list, 8, 2)? & 1 == 0, "its entry {name} is encrypted");
        ensure!(
            number(list, 10, 2)? == 0,
            "its entry {name} is compressed, which torch.save does not do: save it again"
        );
        let (packed, length) = (number(list, 20, 4)?, number(list, 24, 4)?);
        let extra = part(list, 46 + lengths[0], lengths[1]).context("its list of entries is cut")?;
        // In this order, and those alone that have no room in their own places.
        let mut sizes = [length, packed, number(list, 42, 4)?];
        let mut wide = wide(extra);
        for size in sizes.iter_mut().filter(|size| **size == u64::from(u32::MAX)) {
            let (first, rest) = wide.split_first_chunk().context("a size of its entries is missing")?;
            (*size, wide) = (u64::from_le_bytes(*first), rest);
        }
        ensure!(sizes[0] == sizes[1], "its entry {name} has two sizes");
        let crc = number(list, 16, 4)? as u32;
        let all = 46 + lengths.iter().sum::<u64>();
        *list = list.get(all as usize..).context("its list of entries is cut")?;
        Ok(Self { name, crc, length: sizes[0], head: sizes[2] })
    }

    /// Where its content begins.
    fn begin(&self, bytes: &[u8]) -> Result<u64> {
        let head = part(bytes, self.head, 30).filter(|head| head.starts_with(b"PK\x03\x04"));
        let Some(head) = head else { bail!("its entry {} is not where its list has it", self.name) };
        Ok(self.head + 30 + number(head, 26, 2)? + number(head, 28, 2)?)
    }
}

/// The sizes of 64 bits among what else is said of an entry; nothing where there are none.
fn wide(mut extra: &[u8]) -> &[u8] {
    while let (Ok(kind), Ok(length)) = (number(extra, 0, 2), number(extra, 2, 2)) {
        let Some(content) = part(extra, 4, length) else { break };
        if kind == 1 {
            return content;
        }
        extra = &extra[4 + length as usize..];
    }
    &[]
}

/// `length` bytes from `at` on, where there are so many.
fn part(bytes: &[u8], at: u64, length: u64) -> Option<&[u8]> {
    bytes.get(usize::try_from(at).ok()?..usize::try_from(at.checked_add(length)?).ok()?)
}

/// A little-endian number.
fn number(bytes: &[u8], at: usize, width: usize) -> Result<u64> {
    let bytes = bytes.get(at..at + width).context("its list of entries is cut")?;
    Ok(bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
}
