//! What `torch.save` writes since PyTorch 1.6: a zip archive of a pickle and of the numbers that it names. Tensors are put
//! together here; nothing that the pickle asks for is imported or called.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};

use super::{Numbers, Stored, Weight, zip};
use crate::pickle::{self, Value};

/// Dictionaries within dictionaries, as training frameworks nest them.
const DEEPEST: usize = 6;
/// Entries of dictionaries that are looked at: a pickle may say the same one again and again.
const MOST_ENTRIES: usize = 1 << 20;

/// What a pickle may name beside storages: tensors, and values that hold settings, which are passed over.
const HARMLESS: &[(&[u8], &[u8])] = &[
    (b"collections", b"OrderedDict"),
    (b"collections", b"defaultdict"),
    (b"torch._utils", b"_rebuild_tensor_v2"),
    (b"torch._utils", b"_rebuild_parameter"),
    (b"torch", b"Size"),
    (b"torch", b"device"),
    (b"argparse", b"Namespace"),
    (b"pytorch_lightning.utilities.parsing", b"AttributeDict"),
    (b"lightning.fabric.utilities.data", b"AttributeDict"),
    (b"lightning_fabric.utilities.data", b"AttributeDict"),
    (b"omegaconf.dictconfig", b"DictConfig"),
    (b"omegaconf.listconfig", b"ListConfig"),
    (b"omegaconf.base", b"ContainerMetadata"),
    (b"omegaconf.base", b"Metadata"),
    (b"omegaconf.nodes", b"AnyNode"),
    (b"typing", b"Any"),
    (b"__builtin__", b"dict"),
    (b"__builtin__", b"list"),
    (b"__builtin__", b"int"),
    (b"__builtin__", b"set"),
    (b"builtins", b"dict"),
    (b"builtins", b"list"),
    (b"builtins", b"int"),
    (b"builtins", b"set"),
];

/// Whether the bytes are a pickle by itself, as PyTorch wrote it before 1.6.
pub fn is_of_old(bytes: &[u8]) -> bool {
    // A protocol, and a number that all of them begin with.
    bytes.starts_with(b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.")
}

/// Every tensor of real numbers, by the names of the dictionaries that it lies in.
///
/// # Errors
/// What `torch.save` does not write for a dictionary of tensors.
pub fn read(bytes: &[u8]) -> Result<Stored> {
    let entries = zip::entries(bytes)?;
    let is_pickle = |name: &&&str| **name == "data.pkl" || name.ends_with("/data.pkl");
    let name = entries.keys().find(is_pickle).context("it is a zip archive without torch.save's data.pkl")?;
    let folder = name.trim_end_matches("data.pkl");
    let order = entries.get(format!("{folder}byteorder").as_str());
    ensure!(
        order.is_none_or(|order| *order == b"little"),
        "its numbers are big-endian: save it again on another machine"
    );
    let pickle = pickle::parse(entries[name]).context("its data.pkl")?;
    let asked = pickle.globals().find(|global| !HARMLESS.contains(global) && kind(*global).is_none());
    if let Some((module, name)) = asked {
        let name = format!("{}.{}", String::from_utf8_lossy(module), String::from_utf8_lossy(name));
        bail!("it asks for {name}, and nothing of it is run: keep a model's state_dict() alone in it");
    }
    // As many numbers as a file has bytes: more are the same ones again.
    let mut reader = Reader { entries: &entries, folder, left: bytes.len(), visited: 0, found: BTreeMap::new() };
    reader.walk(pickle.value(), "", 0)?;
    Ok(Stored { tensors: reader.found, ..Stored::of("torch.save") })
}

/// What the numbers of a storage are; nothing where it is none, and no numbers where they are no real ones.
fn kind((module, name): (&[u8], &[u8])) -> Option<Option<Numbers>> {
    let kinds: [(&[u8], _); 10] = [
        (b"FloatStorage", Some(Numbers::F32)),
        (b"HalfStorage", Some(Numbers::F16)),
        (b"BFloat16Storage", Some(Numbers::Bf16)),
        (b"DoubleStorage", Some(Numbers::F64)),
        (b"LongStorage", None),
        (b"IntStorage", None),
        (b"ShortStorage", None),
        (b"CharStorage", None),
        (b"ByteStorage", None),
        (b"BoolStorage", None),
    ];
    kinds.iter().find(|(known, _)| module == b"torch" && *known == name).map(|(_, numbers)| *numbers)
}

struct Reader<'a> {
    entries: &'a zip::Entries<'a>,
    folder: &'a str,
    /// Numbers that may still be read.
    left: usize,
    visited: usize,
    found: BTreeMap<String, Weight>,
}

impl Reader<'_> {
    /// Goes through dictionaries, `name` being that of this one.
    fn walk(&mut self, value: Value, name: &str, depth: usize) -> Result<()> {
        if let Some(tensor) = Tensor::of(value) {
            if let Some(weight) = self.weight(&tensor).with_context(|| format!("its tensor {name}"))? {
                self.found.insert(name.to_owned(), weight);
            }
            return Ok(());
        }
        let Some(entries) = value.entries().filter(|_| depth < DEEPEST) else { return Ok(()) };
        for (key, value) in entries {
            self.visited += 1;
            ensure!(self.visited <= MOST_ENTRIES, "its dictionaries say the same too often");
            // Optimizers number what they remember.
            if let Some(key) = key.text() {
                let name = if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
                self.walk(value, &name, depth + 1)?;
            }
        }
        Ok(())
    }

    /// The numbers of a tensor in order; none where they are no real ones.
    fn weight(&mut self, tensor: &Tensor) -> Result<Option<Weight>> {
        let Some(numbers) = tensor.numbers else { return Ok(None) };
        let Tensor { shape, strides, offset, .. } = tensor;
        let count = shape.iter().try_fold(1usize, |count, side| count.checked_mul(*side));
        let count = count.filter(|count| *count <= self.left).context("it has more numbers than the file")?;
        self.left -= count;
        let entry = format!("{}data/{}", self.folder, tensor.storage);
        let bytes = self.entries.get(entry.as_str()).with_context(|| format!("{entry} is not in the file"))?;
        let last = shape
            .iter()
            .zip(strides)
            .try_fold(*offset, |last, (side, stride)| last.checked_add(side.saturating_sub(1).checked_mul(*stride)?));
        let behind = || format!("it reaches behind the end of {entry}");
        let held = bytes.len() / numbers.bytes();
        ensure!(count == 0 || last.is_some_and(|last| last < held), "{}", behind());
        let values = places(shape, strides, *offset, count).map(|place| numbers.at(bytes, place)).collect();
        Ok(Some(Weight { shape: shape.clone(), values, numbers }))
    }
}

/// Where the numbers of a tensor are in its storage, row by row.
fn places(shape: &[usize], strides: &[usize], offset: usize, count: usize) -> impl Iterator<Item = usize> {
    let sides: Vec<(usize, usize)> = shape.iter().copied().zip(strides.iter().copied()).rev().collect();
    (0..count).map(move |mut index| {
        let mut place = offset;
        for (side, stride) in &sides {
            place += index % side * stride;
            index /= side;
        }
        place
    })
}

/// A view of a storage.
struct Tensor<'a> {
    numbers: Option<Numbers>,
    storage: &'a str,
    offset: usize,
    shape: Vec<usize>,
    strides: Vec<usize>,
}

impl<'a> Tensor<'a> {
    /// What `_rebuild_tensor_v2` would make, and a parameter around it; nothing where it is something else.
    fn of(value: Value<'_, 'a>) -> Option<Self> {
        let object = value.object()?;
        let arguments = object.arguments.tuple()?;
        match object.global {
            (b"torch._utils", b"_rebuild_parameter") => {
                let inner = arguments.first()?.object()?;
                (inner.global.1 == b"_rebuild_tensor_v2").then(|| Self::rebuilt(&inner.arguments.tuple()?)).flatten()
            }
            (b"torch._utils", b"_rebuild_tensor_v2") => Self::rebuilt(&arguments),
            _ => None,
        }
    }

    /// Of storage, offset, sizes and strides, as `_rebuild_tensor_v2` has them.
    fn rebuilt(arguments: &[Value<'_, 'a>]) -> Option<Self> {
        let [storage, offset, sizes, strides, ..] = arguments else { return None };
        let named = storage.persistent()?.tuple()?;
        let [tag, kind_of, key, ..] = &named[..] else { return None };
        let whole = |value: &Value| value.integer().and_then(|whole| usize::try_from(whole).ok());
        let all = |value: &Value| value.tuple()?.iter().map(whole).collect::<Option<Vec<_>>>();
        let (shape, strides) = (all(sizes)?, all(strides)?);
        let usual = tag.bytes() == Some(b"storage") && shape.len() == strides.len();
        let numbers = kind(kind_of.global()?)?;
        usual.then_some(Self { numbers, storage: key.text()?, offset: whole(offset)?, shape, strides })
    }
}
