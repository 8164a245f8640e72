//! Tensors and what is said about them as safetensors bytes: equal ones are equal bytes.

use std::{collections::BTreeMap, fmt::Display};

use safetensors::{SafeTensorError, View};

/// A file of `tensors` with `metadata`, which are texts. safetensors itself writes metadata in the order of a hash map, so that
/// the same file is other bytes each time; here they go by their keys.
///
/// # Errors
/// Where a tensor's shape and bytes disagree.
pub fn serialize<S, V>(
    tensors: impl IntoIterator<Item = (S, V)>,
    metadata: &BTreeMap<String, String>,
) -> Result<Vec<u8>, SafeTensorError>
where
    S: AsRef<str> + Ord + Display,
    V: View,
{
    let file = safetensors::serialize(tensors, None)?;
    Ok(with_metadata(file, metadata))
}

/// The bytes of a length, a header of JSON and tensors; with `metadata` as the header's first entry.
fn with_metadata(mut file: Vec<u8>, metadata: &BTreeMap<String, String>) -> Vec<u8> {
    let (length, rest) = file.split_first_chunk().expect("a file begins with its header's length");
    let length = u64::from_le_bytes(*length) as usize;
    let entries = std::str::from_utf8(&rest[..length]).expect("a header is JSON").trim_end().trim_start_matches('{');
    let texts = serde_json::to_string(metadata).expect("texts have a text");
    let comma = if entries == "}" { "" } else { "," };
    let mut header = format!("{{\"__metadata__\":{texts}{comma}{entries}").into_bytes();
    // Tensors begin at a multiple of their numbers' size.
    header.resize(header.len().next_multiple_of(8), b' ');
    let begin = (header.len() as u64).to_le_bytes().into_iter().chain(header);
    file.splice(..8 + length, begin);
    file
}

#[cfg(test)]
mod tests {
    use safetensors::{Dtype, SafeTensors, tensor::TensorView};

    use super::*;

    fn file(metadata: &BTreeMap<String, String>, tensors: usize) -> Vec<u8> {
        let numbers: Vec<u8> = (0..12).collect();
        let view = |shape: usize| TensorView::new(Dtype::F32, vec![shape], &numbers[..4 * shape]).unwrap();
        serialize((0..tensors).map(|index| (format!("tensor {index}"), view(1 + index % 3))), metadata).unwrap()
    }

    #[test]
    fn equal_tensors_and_metadata_are_equal_bytes_and_are_read_back() {
        let metadata: BTreeMap<String, String> =
            (0..20).map(|index| (format!("key \"{index}\""), format!("é\n{{{index}"))).collect();
        for (tensors, metadata) in [(0, &metadata), (1, &metadata), (7, &metadata), (7, &BTreeMap::new())] {
            let bytes = file(metadata, tensors);
            assert_eq!(bytes, file(metadata, tensors));
            let (length, header) = SafeTensors::read_metadata(&bytes).unwrap();
            let found = header.metadata().clone().unwrap_or_default().into_iter().collect::<BTreeMap<_, _>>();
            assert_eq!((length % 8, &found), (0, metadata));
            let read = SafeTensors::deserialize(&bytes).unwrap();
            assert_eq!(read.len(), tensors);
            for index in 0..tensors {
                let tensor = read.tensor(&format!("tensor {index}")).unwrap();
                assert_eq!((tensor.data().len(), tensor.data()[3]), (4 * (1 + index % 3), 3));
            }
        }
    }
}
