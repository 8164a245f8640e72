//! A reader of exactly the pickles that CIFAR's python layout is made of: a dictionary of texts, numbers, lists and one
//! array of bytes. Nothing is imported or called; whatever else a pickle can say is refused by the name of its opcode
//! (Python's `pickletools` describes them). Nothing is copied, so nothing is larger than the file.

use std::collections::HashMap;

use anyhow::{Context, Result, bail, ensure};

/// A value that points into the pickle.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// Python's `None`.
    None,
    /// Python's `True` or `False`.
    Bool(bool),
    /// A whole number that fits.
    Int(i64),
    /// A text or bytes.
    Bytes(&'a [u8]),
    /// The name of something to import, which is not imported.
    Global(&'a [u8], &'a [u8]),
    /// A tuple.
    Tuple(Vec<Value<'a>>),
    /// A list.
    List(Vec<Value<'a>>),
    /// A dictionary, in the order of its file.
    Dict(Vec<(Value<'a>, Value<'a>)>),
    /// What a call of a global would give, with its state: numpy's array and type.
    Object(Vec<Value<'a>>),
}

/// Values within values. CIFAR's go four deep.
const DEEPEST: usize = 8;

impl<'a> Value<'a> {
    fn depth(&self) -> usize {
        let deepest = |values: &[Self]| values.iter().map(Self::depth).max().unwrap_or(0);
        match self {
            Self::Tuple(values) | Self::List(values) | Self::Object(values) => 1 + deepest(values),
            Self::Dict(pairs) => 1 + pairs.iter().map(|(_, value)| value.depth()).max().unwrap_or(0),
            _ => 0,
        }
    }

    /// The value of a dictionary's key.
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Self::Dict(pairs) = self else { return None };
        pairs.iter().find(|(name, _)| *name == Value::Bytes(key.as_bytes())).map(|(_, value)| value)
    }

    /// A list of whole numbers.
    pub fn integers(&self) -> Option<Vec<i64>> {
        let Self::List(values) = self else { return None };
        values.iter().map(|value| if let Self::Int(whole) = value { Some(*whole) } else { None }).collect()
    }

    /// A list of texts.
    pub fn texts(&self) -> Option<Vec<String>> {
        let Self::List(values) = self else { return None };
        let text = |value: &Self| {
            let Self::Bytes(bytes) = value else { return None };
            String::from_utf8(bytes.to_vec()).ok()
        };
        values.iter().map(text).collect()
    }

    /// The rows, columns and bytes of a numpy array of unsigned bytes, row by row.
    pub fn matrix(&self) -> Option<([usize; 2], &'a [u8])> {
        // `_reconstruct`'s arguments, then the state: version, shape, type, column order, bytes.
        let Self::Object(parts) = self else { return None };
        let [Self::Global(module, b"_reconstruct"), _, Self::Tuple(state)] = &parts[..] else { return None };
        let [Self::Int(1), Self::Tuple(shape), Self::Object(kind), Self::Bool(false), Self::Bytes(bytes)] = &state[..]
        else {
            return None;
        };
        let [Self::Int(rows), Self::Int(columns)] = shape[..] else { return None };
        let [Self::Global(b"numpy", b"dtype"), Self::Tuple(arguments), _] = &kind[..] else { return None };
        let numpy = matches!(*module, b"numpy.core.multiarray" | b"numpy._core.multiarray");
        let shape = [usize::try_from(rows).ok()?, usize::try_from(columns).ok()?];
        let whole = shape[0].checked_mul(shape[1]) == Some(bytes.len());
        (numpy && whole && arguments.first() == Some(&Self::Bytes(b"u1"))).then_some((shape, *bytes))
    }
}

/// Reads one pickle of protocol 2 or lower.
///
/// # Errors
/// Where it is cut, holds anything but the values above, or nests them deeper than eight times.
pub fn parse(bytes: &[u8]) -> Result<Value<'_>> {
    let mut machine = Machine { left: bytes, stack: Vec::new(), marks: Vec::new(), memo: HashMap::new() };
    loop {
        let code = machine.byte()?;
        if code == b'.' {
            return machine.pop();
        }
        let at = bytes.len() - machine.left.len() - 1;
        machine.step(code).with_context(|| format!("opcode {:?} at byte {at}", char::from(code)))?;
    }
}

struct Machine<'a> {
    left: &'a [u8],
    stack: Vec<Value<'a>>,
    /// Heights of the stack.
    marks: Vec<usize>,
    /// Values that are said again by number. Only those without parts: the others may still grow.
    memo: HashMap<u32, Value<'a>>,
}

impl<'a> Machine<'a> {
    fn step(&mut self, code: u8) -> Result<()> {
        match code {
            0x80 => {
                let version = self.byte()?;
                ensure!(version <= 2, "protocol {version} is none that CIFAR uses");
            }
            b'(' => self.marks.push(self.stack.len()),
            b'N' => self.push(Value::None)?,
            0x88 => self.push(Value::Bool(true))?,
            0x89 => self.push(Value::Bool(false))?,
            b'K' => self.number(1)?,
            b'M' => self.number(2)?,
            b'J' => {
                let whole = i32::from_le_bytes(self.take(4)?.try_into().expect("four bytes"));
                self.push(Value::Int(whole.into()))?;
            }
            b'U' => self.text(1)?,
            b'T' | b'X' => self.text(4)?,
            b'c' => {
                let global = Value::Global(self.line()?, self.line()?);
                self.push(global)?;
            }
            b')' => self.push(Value::Tuple(Vec::new()))?,
            b']' => self.push(Value::List(Vec::new()))?,
            b'}' => self.push(Value::Dict(Vec::new()))?,
            b't' => self.tuple_above_mark()?,
            0x85..=0x87 => self.tuple(usize::from(code - 0x84))?,
            b'a' => {
                let value = self.pop()?;
                self.extend(vec![value])?;
            }
            b'e' => {
                let values = self.above_mark()?;
                self.extend(values)?;
            }
            b's' => {
                let pair = self.top(2)?;
                self.insert(pair)?;
            }
            b'u' => {
                let pairs = self.above_mark()?;
                self.insert(pairs)?;
            }
            b'R' => {
                let parts = self.top(2)?;
                ensure!(matches!(parts[0], Value::Global(..)), "a call of what is no global");
                self.push(Value::Object(parts))?;
            }
            b'b' => self.build()?,
            b'q' => self.put(1)?,
            b'r' => self.put(4)?,
            b'h' => self.recall(1)?,
            b'j' => self.recall(4)?,
            _ => bail!("it is none that CIFAR uses"),
        }
        Ok(())
    }

    fn take(&mut self, n: usize) -> Result<&'a [u8]> {
        let (taken, left) = self.left.split_at_checked(n).context("the pickle is cut")?;
        self.left = left;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8> {
        Ok(self.take(1)?[0])
    }

    /// A little-endian number of `width` bytes.
    fn unsigned(&mut self, width: usize) -> Result<u32> {
        Ok(self.take(width)?.iter().rev().fold(0, |number, &byte| number << 8 | u32::from(byte)))
    }

    /// What stands before the next line feed.
    fn line(&mut self) -> Result<&'a [u8]> {
        let end = self.left.iter().position(|&byte| byte == b'\n').context("the pickle is cut")?;
        let line = self.take(end)?;
        self.take(1)?;
        Ok(line)
    }

    fn push(&mut self, value: Value<'a>) -> Result<()> {
        ensure!(value.depth() <= DEEPEST, "values nest deeper than {DEEPEST} times");
        self.stack.push(value);
        Ok(())
    }

    /// The topmost value, which no open mark may keep.
    fn pop(&mut self) -> Result<Value<'a>> {
        ensure!(self.marks.last().is_none_or(|&mark| mark < self.stack.len()), "a value is missing");
        self.stack.pop().context("a value is missing")
    }

    /// The topmost `n` values, the topmost last.
    fn top(&mut self, n: usize) -> Result<Vec<Value<'a>>> {
        let mut values = (0..n).map(|_| self.pop()).collect::<Result<Vec<_>>>()?;
        values.reverse();
        Ok(values)
    }

    fn above_mark(&mut self) -> Result<Vec<Value<'a>>> {
        let mark = self.marks.pop().context("a mark is missing")?;
        Ok(self.stack.split_off(mark))
    }

    fn number(&mut self, width: usize) -> Result<()> {
        let whole = self.unsigned(width)?;
        self.push(Value::Int(whole.into()))
    }

    fn text(&mut self, width: usize) -> Result<()> {
        let length = self.unsigned(width)? as usize;
        let text = self.take(length)?;
        self.push(Value::Bytes(text))
    }

    fn tuple(&mut self, n: usize) -> Result<()> {
        let values = self.top(n)?;
        self.push(Value::Tuple(values))
    }

    fn tuple_above_mark(&mut self) -> Result<()> {
        let values = self.above_mark()?;
        self.push(Value::Tuple(values))
    }

    fn extend(&mut self, more: Vec<Value<'a>>) -> Result<()> {
        ensure!(more.iter().all(|value| value.depth() < DEEPEST), "values nest deeper than {DEEPEST} times");
        let Some(Value::List(values)) = self.stack.last_mut() else { bail!("there is no list to append to") };
        values.extend(more);
        Ok(())
    }

    /// Puts keys and values, in turn, into the dictionary on top.
    fn insert(&mut self, flat: Vec<Value<'a>>) -> Result<()> {
        ensure!(flat.len().is_multiple_of(2), "a key has no value");
        ensure!(flat.iter().all(|value| value.depth() < DEEPEST), "values nest deeper than {DEEPEST} times");
        let Some(Value::Dict(pairs)) = self.stack.last_mut() else { bail!("there is no dictionary to put into") };
        let mut flat = flat.into_iter();
        while let (Some(key), Some(value)) = (flat.next(), flat.next()) {
            pairs.push((key, value));
        }
        Ok(())
    }

    /// Gives the object on top its state.
    fn build(&mut self) -> Result<()> {
        let state = self.pop()?;
        let Value::Object(mut parts) = self.pop()? else { bail!("there is no object to give a state") };
        ensure!(parts.len() == 2, "an object has one state");
        parts.push(state);
        self.push(Value::Object(parts))
    }

    fn put(&mut self, width: usize) -> Result<()> {
        let number = self.unsigned(width)?;
        let value = self.stack.last().context("a value is missing")?;
        if !matches!(value, Value::Tuple(_) | Value::List(_) | Value::Dict(_) | Value::Object(_)) {
            self.memo.insert(number, value.clone());
        }
        Ok(())
    }

    fn recall(&mut self, width: usize) -> Result<()> {
        let number = self.unsigned(width)?;
        let value = self.memo.get(&number).with_context(|| format!("value {number} was not put aside"))?.clone();
        self.push(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_data_is_refused_and_nothing_is_called() {
        for (pickle, said) in [
            (&b"cos\nsystem\n(U\x02lstR."[..], ""),
            (b"cos\nsystem\n(U\x02lsto.", "opcode 'o'"),
            (b"\x80\x04.", "protocol 4"),
            (b"(K\x01", "cut"),
            (b"U\xffabc", "cut"),
            (b"]h\x07.", "not put aside"),
            (b"]q\x01h\x01.", "not put aside"),
            (b"e.", "a mark is missing"),
            (b"(K\x01K\x02e", "no list"),
            (b"}(K\x01u.", "a key has no value"),
            (b".", "a value is missing"),
        ] {
            match parse(pickle) {
                Ok(value) => assert_eq!((value.matrix(), said), (None, ""), "{}", pickle.escape_ascii()),
                Err(error) => {
                    let error = format!("{error:#}");
                    assert!(!said.is_empty() && error.contains(said), "{}: {error}", pickle.escape_ascii());
                }
            }
        }
    }

    #[test]
    fn deep_nesting_ends_before_the_stack_does() {
        let deep = [&b"N"[..], &[0x85; 1_000_000], b"."].concat();
        assert!(format!("{:#}", parse(&deep).unwrap_err()).contains("deeper than 8"));
    }
}
