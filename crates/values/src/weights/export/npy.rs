//! Arrays in numpy's format (NEP 1, version 1.0).

/// Numbers in single precision, row by row.
pub fn floats(shape: &[usize], values: &[f32]) -> Vec<u8> {
    array("<f4", shape, values.iter().flat_map(|value| value.to_le_bytes()))
}

/// Whole numbers.
pub fn integers(values: &[i64]) -> Vec<u8> {
    array("<i8", &[values.len()], values.iter().flat_map(|value| value.to_le_bytes()))
}

fn array(kind: &str, shape: &[usize], bytes: impl Iterator<Item = u8>) -> Vec<u8> {
    let sides: String = shape.iter().map(|side| format!("{side}, ")).collect();
    let mut header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({sides}), }}");
    // Numbers begin at a multiple of 64, behind a line feed.
    let before = 10 + header.len() + 1;
    header.push_str(&" ".repeat(before.next_multiple_of(64) - before));
    header.push('\n');
    let length = (header.len() as u16).to_le_bytes();
    [&b"\x93NUMPY\x01\x00"[..], &length, header.as_bytes()].concat().into_iter().chain(bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `numpy.save` writes them (2.4.6), but that it leaves out a blank before the bracket.
    #[test]
    fn an_array_begins_at_a_multiple_of_64() {
        let bytes = floats(&[2, 3], &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!((bytes.len(), &bytes[..10]), (128 + 24, &b"\x93NUMPY\x01\x00\x76\x00"[..]));
        assert!(bytes[10..].starts_with(b"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, ), }"));
        assert_eq!(integers(&[7, -1])[128..], [7i64.to_le_bytes(), (-1i64).to_le_bytes()].concat());
    }
}
