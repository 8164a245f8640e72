//! Datasets in the formats they are published in, made small enough for a test.

use std::{io::Write, path::Path};

use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};

/// A gzip file.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

pub fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut out = ZlibEncoder::new(Vec::new(), Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

/// A zip archive of entries that are stored as they are.
pub fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut file, mut list) = (Vec::new(), Vec::new());
    for (name, content) in entries {
        let mut crc = flate2::Crc::new();
        crc.update(content);
        let (word, length) = (|n: usize| (n as u32).to_le_bytes(), (name.len() as u16).to_le_bytes());
        let about =
            [&[0; 4][..], &word(crc.sum() as usize), &word(content.len()), &word(content.len()), &length, &[0; 2]];
        let (begin, about) = (file.len(), [&[0; 4][..], &about.concat()].concat());
        file.extend([&b"PK\x03\x04"[..], &[20, 0], &about, name.as_bytes(), content].concat());
        list.extend([&b"PK\x01\x02"[..], &[20, 0, 20, 0], &about, &[0; 10], &word(begin), name.as_bytes()].concat());
    }
    let count = (entries.len() as u16).to_le_bytes();
    let places = [list.len(), file.len()].map(|n| (n as u32).to_le_bytes()).concat();
    [&file[..], &list, b"PK\x05\x06", &[0; 4], &count, &count, &places, &[0; 2]].concat()
}

/// An IDX array of bytes.
pub fn idx(dimensions: &[u32], values: &[u8]) -> Vec<u8> {
    let mut file = vec![0, 0, 8, dimensions.len() as u8];
    dimensions.iter().for_each(|dimension| file.extend(dimension.to_be_bytes()));
    [file, values.to_vec()].concat()
}

/// CIFAR's pickle as Python 2 wrote it: `labels` under `key`, and rows of 3,072 bytes.
pub fn cifar_pickle(key: &str, labels: &[u8], pixels: &[u8]) -> Vec<u8> {
    let short = |text: &str| [&[b'U', text.len() as u8], text.as_bytes()].concat();
    let word = |n: usize| (n as u32).to_le_bytes();
    let numbers: Vec<u8> = labels.iter().flat_map(|label| [b'K', *label]).collect();
    [
        &b"\x80\x02}q\x01("[..],
        &short("batch_label"),
        b"q\x02",
        &short("training batch 1 of 5"),
        b"q\x03",
        &short(key),
        b"q\x04]q\x05(",
        &numbers,
        b"e",
        &short("data"),
        b"q\x06cnumpy.core.multiarray\n_reconstruct\nq\x07cnumpy\nndarray\nq\x08K\x00\x85U\x01b\x87Rq\x09(K\x01J",
        &word(labels.len()),
        b"M\x00\x0c\x86cnumpy\ndtype\nq\x0aU\x02u1K\x00K\x01\x87Rq\x0b(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89T",
        &word(pixels.len()),
        pixels,
        b"tb",
        &short("filenames"),
        b"q\x0c]q\x0d(",
        &short("leptodactylus_pentadactylus_s_000004.png"),
        b"q\x0ee",
        b"u.",
    ]
    .concat()
}

/// The list of names in CIFAR's python layout.
pub fn cifar_names(key: &str, names: &[String]) -> Vec<u8> {
    let names: Vec<u8> = names.iter().flat_map(|name| [&[b'U', name.len() as u8], name.as_bytes()].concat()).collect();
    [&b"\x80\x02}q\x01(U"[..], &[key.len() as u8], key.as_bytes(), b"q\x02]q\x03(", &names, b"eu."].concat()
}

/// A MATLAB file of level 5 with these arrays of bytes, each compressed.
pub fn mat(arrays: &[(&str, &[i32], &[u8])]) -> Vec<u8> {
    let mut file = vec![b' '; 124];
    file.extend([0, 1, b'I', b'M']);
    for (name, dimensions, values) in arrays {
        let dimensions: Vec<u8> = dimensions.iter().flat_map(|dimension| dimension.to_le_bytes()).collect();
        // A short name stands in its own tag.
        let mut tag = [1, 0, name.len() as u8, 0, 0, 0, 0, 0];
        tag[4..4 + name.len()].copy_from_slice(name.as_bytes());
        let flags = element(6, &[9, 0, 0, 0, 0, 0, 0, 0]);
        let body = [flags, element(5, &dimensions), tag.to_vec(), element(2, values)].concat();
        let compressed = zlib(&element(14, &body));
        file.extend(15u32.to_le_bytes());
        file.extend((compressed.len() as u32).to_le_bytes());
        file.extend(compressed);
    }
    file
}

fn element(kind: u32, bytes: &[u8]) -> Vec<u8> {
    let padding = vec![0; bytes.len().next_multiple_of(8) - bytes.len()];
    [&kind.to_le_bytes(), &(bytes.len() as u32).to_le_bytes(), bytes, &padding].concat()
}

/// A tar archive of entries: name, kind, bytes.
pub fn tar(entries: &[(&str, u8, &[u8])]) -> Vec<u8> {
    let mut archive = Vec::new();
    for (name, kind, bytes) in entries {
        let mut header = [0; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[124..136].copy_from_slice(format!("{:011o}\0", bytes.len()).as_bytes());
        header[148..156].fill(b' ');
        header[156] = *kind;
        header[257..263].copy_from_slice(b"ustar\0");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        archive.extend(header);
        archive.extend(*bytes);
        archive.resize(archive.len().next_multiple_of(512), 0);
    }
    archive.resize(archive.len() + 1024, 0);
    archive
}

/// A picture of `width` by `height` pixels, red to the left and blue to the right.
pub fn picture(width: u32, height: u32) -> image::RgbImage {
    image::RgbImage::from_fn(width, height, |x, _| {
        image::Rgb(if x < width / 2 { [220, 20, 20] } else { [20, 20, 220] })
    })
}

/// A picture in the format of the path's ending.
pub fn encoded(image: &image::DynamicImage, format: image::ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Writes a file and the folders above it.
pub fn write(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}
