//! MATLAB's level 5 files, as much as SVHN uses of them ("MAT-File Format", MathWorks): little-endian, compressed by
//! zlib or not, arrays of bytes or of doubles that are bytes.

use std::io::Read;

use anyhow::{Context, Result, bail, ensure};
use flate2::read::ZlibDecoder;

/// SVHN's largest file that is read holds 225 MB.
pub const LARGEST: usize = 1 << 30;

const HEADER: usize = 128;
const INT8: u32 = 1;
const UINT8: u32 = 2;
const INT32: u32 = 5;
const UINT32: u32 = 6;
const DOUBLE: u32 = 9;
const MATRIX: u32 = 14;
const COMPRESSED: u32 = 15;

/// A named array, the first dimension fastest.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// The variable's.
    pub name: String,
    /// The first varies fastest.
    pub dimensions: Vec<usize>,
    /// One byte a number.
    pub values: Vec<u8>,
}

/// The arrays of a file.
///
/// # Errors
/// Where it is no such file, is cut, holds another kind of array, or more than [`LARGEST`] bytes.
pub fn parse(file: &[u8]) -> Result<Vec<Array>> {
    let (header, mut left) = file.split_at_checked(HEADER).context("it is cut")?;
    ensure!(header[124..] == [0, 1, b'I', b'M'], "it is no MAT-file of level 5, little-endian");
    let (mut arrays, mut room) = (Vec::new(), LARGEST);
    while !left.is_empty() {
        let (kind, body) = element(&mut left, false)?;
        let array = match kind {
            MATRIX => array(body)?,
            COMPRESSED => array(matrix(&inflated(body, room)?)?)?,
            other => bail!("element of type {other}, expected an array"),
        };
        room = room.saturating_sub(array.values.len());
        arrays.push(array);
    }
    Ok(arrays)
}

fn inflated(body: &[u8], room: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    ZlibDecoder::new(body).take(room as u64 + 1).read_to_end(&mut bytes).context("it cannot be unpacked")?;
    ensure!(bytes.len() <= room, "it holds more than 1 GiB");
    Ok(bytes)
}

/// The body of the one matrix in `bytes`.
fn matrix(mut bytes: &[u8]) -> Result<&[u8]> {
    let (kind, body) = element(&mut bytes, false)?;
    ensure!(kind == MATRIX, "element of type {kind}, expected an array");
    Ok(body)
}

fn array(mut body: &[u8]) -> Result<Array> {
    let mut part = |expected: &[u32], what: &str| {
        let (kind, bytes) = element(&mut body, true)?;
        ensure!(expected.contains(&kind), "the {what} of an array are of type {kind}");
        Ok((kind, bytes))
    };
    part(&[UINT32], "flags")?;
    let (_, dimensions) = part(&[INT32], "dimensions")?;
    let (_, name) = part(&[INT8], "letters")?;
    let (kind, values) = part(&[UINT8, DOUBLE], "values")?;
    let dimensions: Vec<usize> = words(dimensions).map(|word| word as usize).collect();
    let size = dimensions.iter().try_fold(1usize, |size, &dimension| size.checked_mul(dimension));
    let values = if kind == UINT8 { values.to_vec() } else { whole(values)? };
    ensure!(size == Some(values.len()), "an array of {dimensions:?} has {} values", values.len());
    Ok(Array { name: String::from_utf8_lossy(name).into_owned(), dimensions, values })
}

/// Takes the next element: its type and its bytes. Within an array each begins at a multiple of eight bytes, and one of
/// four bytes or fewer may stand in its own tag.
fn element<'a>(left: &mut &'a [u8], padded: bool) -> Result<(u32, &'a [u8])> {
    let (tag, rest) = left.split_at_checked(8).context("it is cut")?;
    let mut words = words(tag);
    let (kind, size) =
        (words.next().expect("a tag has two words"), words.next().expect("a tag has two words") as usize);
    if kind >> 16 != 0 {
        let size = (kind >> 16) as usize;
        ensure!(size <= 4, "a short element of {size} bytes");
        *left = rest;
        return Ok((kind & 0xffff, &tag[4..4 + size]));
    }
    let (body, rest) = rest.split_at_checked(size).context("it is cut")?;
    let padding = if padded { size.next_multiple_of(8) - size } else { 0 };
    *left = rest.get(padding..).unwrap_or(&[]);
    Ok((kind, body))
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes.as_chunks().0.iter().map(|word| u32::from_le_bytes(*word))
}

/// Doubles that are whole numbers of one byte.
fn whole(bytes: &[u8]) -> Result<Vec<u8>> {
    let byte = |word: &[u8; 8]| {
        let value = f64::from_le_bytes(*word);
        ensure!(value == f64::from(value as u8), "the value {value} is no byte");
        Ok(value as u8)
    };
    bytes.as_chunks().0.iter().map(byte).collect()
}
