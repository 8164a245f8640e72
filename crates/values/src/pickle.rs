//! A reader of the pickles that data and weights are made of: CIFAR's python layout and what `torch.save` writes. Nothing is
//! imported or called: what a pickle asks to be called stands as its name with its arguments, and whoever reads decides what
//! that means. Opcodes that neither uses are refused by name (Python's `pickletools` describes them). Texts are not copied, a
//! value is held once however often it is said again, and nothing goes as deep as values nest: no more is held than a few
//! times the file.

use std::collections::HashMap;

use anyhow::{Context, Result, bail, ensure};

/// A whole pickle: its values by number, the last of which is what it says.
#[derive(Debug)]
pub struct Pickle<'a> {
    nodes: Vec<Node<'a>>,
    root: u32,
}

#[derive(Debug)]
enum Node<'a> {
    None,
    Bool(bool),
    Int(i64),
    /// A fraction, by which nothing is counted that is read here.
    Fraction,
    Bytes(&'a [u8]),
    Global(&'a [u8], &'a [u8]),
    Tuple(Vec<u32>),
    List(Vec<u32>),
    Dict(Vec<[u32; 2]>),
    Object(Box<Called>),
    Persistent(u32),
}

/// What a call would give, by numbers of values.
#[derive(Debug)]
struct Called {
    callee: u32,
    arguments: u32,
    state: Option<u32>,
    items: Vec<[u32; 2]>,
}

/// A value of a pickle.
#[derive(Clone, Copy)]
pub struct Value<'p, 'a> {
    pickle: &'p Pickle<'a>,
    number: u32,
}

/// What a pickle asks to be called, and is not.
#[derive(Clone, Copy)]
pub struct Object<'p, 'a> {
    /// Module and name of what is to be called.
    pub global: (&'a [u8], &'a [u8]),
    /// A tuple.
    pub arguments: Value<'p, 'a>,
    /// What it is given afterwards.
    pub state: Option<Value<'p, 'a>>,
}

impl<'a> Pickle<'a> {
    /// What it says.
    pub fn value(&self) -> Value<'_, 'a> {
        Value { pickle: self, number: self.root }
    }

    /// Everything that it names to be imported, as module and name.
    pub fn globals(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + '_ {
        self.nodes
            .iter()
            .filter_map(|node| if let Node::Global(module, name) = node { Some((*module, *name)) } else { None })
    }
}

impl<'p, 'a> Value<'p, 'a> {
    fn node(self) -> &'p Node<'a> {
        &self.pickle.nodes[self.number as usize]
    }

    fn at(self, number: u32) -> Self {
        Self { number, ..self }
    }

    /// The value of a dictionary's key, or of what is made like one.
    pub fn get(self, key: &str) -> Option<Self> {
        let (_, value) = self.entries()?.find(|(name, _)| name.bytes() == Some(key.as_bytes()))?;
        Some(value)
    }

    /// Keys and values of a dictionary, or of what is made like one, in the order of the file.
    pub fn entries(self) -> Option<impl Iterator<Item = (Self, Self)> + use<'p, 'a>> {
        let pairs = match self.node() {
            Node::Dict(pairs) => pairs,
            Node::Object(object) => &object.items,
            _ => return None,
        };
        Some(pairs.iter().map(move |&[key, value]| (self.at(key), self.at(value))))
    }

    /// A text or bytes.
    pub fn bytes(self) -> Option<&'a [u8]> {
        if let Node::Bytes(bytes) = self.node() { Some(bytes) } else { None }
    }

    /// A text.
    pub fn text(self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    /// A whole number.
    pub fn integer(self) -> Option<i64> {
        if let Node::Int(whole) = self.node() { Some(*whole) } else { None }
    }

    /// A truth value.
    pub fn truth(self) -> Option<bool> {
        if let Node::Bool(truth) = self.node() { Some(*truth) } else { None }
    }

    /// Module and name of something to import, which is not imported.
    pub fn global(self) -> Option<(&'a [u8], &'a [u8])> {
        if let Node::Global(module, name) = self.node() { Some((module, name)) } else { None }
    }

    /// What names a value that lies outside the pickle.
    pub fn persistent(self) -> Option<Self> {
        if let Node::Persistent(number) = self.node() { Some(self.at(*number)) } else { None }
    }

    /// The members of a tuple.
    pub fn tuple(self) -> Option<Vec<Self>> {
        let Node::Tuple(numbers) = self.node() else { return None };
        Some(numbers.iter().map(|&number| self.at(number)).collect())
    }

    /// The members of a list.
    pub fn list(self) -> Option<Vec<Self>> {
        let Node::List(numbers) = self.node() else { return None };
        Some(numbers.iter().map(|&number| self.at(number)).collect())
    }

    /// What a call would give.
    pub fn object(self) -> Option<Object<'p, 'a>> {
        let Node::Object(called) = self.node() else { return None };
        let state = called.state.map(|state| self.at(state));
        Some(Object { global: self.at(called.callee).global()?, arguments: self.at(called.arguments), state })
    }

    /// A list of whole numbers.
    pub fn integers(self) -> Option<Vec<i64>> {
        self.list()?.into_iter().map(Self::integer).collect()
    }

    /// A list of texts.
    pub fn texts(self) -> Option<Vec<String>> {
        self.list()?.into_iter().map(|value| value.text().map(String::from)).collect()
    }

    /// The rows, columns and bytes of a numpy array of unsigned bytes, row by row.
    pub fn matrix(self) -> Option<([usize; 2], &'a [u8])> {
        // The state of `_reconstruct`'s object: version, shape, type, column order, bytes.
        let object = self.object()?;
        let [version, shape, kind, by_columns, bytes] = object.state?.tuple()?[..] else { return None };
        let [rows, columns] = shape.tuple()?[..] else { return None };
        let kind = kind.object()?;
        let is_array = matches!(object.global, (b"numpy.core.multiarray" | b"numpy._core.multiarray", b"_reconstruct"));
        let is_bytes = kind.global == (b"numpy", b"dtype") && kind.arguments.tuple()?.first()?.bytes()? == b"u1";
        let (bytes, shape) = (bytes.bytes()?, [rows, columns].map(|side| usize::try_from(side.integer()?).ok()));
        let shape = [shape[0]?, shape[1]?];
        let whole = shape[0].checked_mul(shape[1]) == Some(bytes.len());
        let usual = version.integer() == Some(1) && by_columns.truth() == Some(false);
        (is_array && is_bytes && whole && usual).then_some((shape, bytes))
    }
}

/// Reads one pickle of protocol 2 or lower.
///
/// # Errors
/// Where it is cut, or holds anything but the values above.
pub fn parse(bytes: &[u8]) -> Result<Pickle<'_>> {
    let mut machine =
        Machine { left: bytes, nodes: Vec::new(), stack: Vec::new(), marks: Vec::new(), memo: HashMap::new() };
    loop {
        let code = machine.byte()?;
        if code == b'.' {
            let root = machine.pop()?;
            return Ok(Pickle { nodes: machine.nodes, root });
        }
        let at = bytes.len() - machine.left.len() - 1;
        machine.step(code).with_context(|| format!("opcode {:?} at byte {at}", char::from(code)))?;
    }
}

struct Machine<'a> {
    left: &'a [u8],
    nodes: Vec<Node<'a>>,
    /// Numbers of values.
    stack: Vec<u32>,
    /// Heights of the stack.
    marks: Vec<usize>,
    /// Numbers of values that are said again.
    memo: HashMap<u32, u32>,
}

impl<'a> Machine<'a> {
    fn step(&mut self, code: u8) -> Result<()> {
        match code {
            0x80 => {
                let version = self.byte()?;
                ensure!(version <= 2, "protocol {version} is none that CIFAR or PyTorch uses");
            }
            b'(' => self.marks.push(self.stack.len()),
            b'N' => self.push(Node::None),
            0x88 => self.push(Node::Bool(true)),
            0x89 => self.push(Node::Bool(false)),
            b'K' => self.number(1)?,
            b'M' => self.number(2)?,
            b'J' => {
                let whole = i32::from_le_bytes(self.take(4)?.try_into().expect("four bytes"));
                self.push(Node::Int(whole.into()));
            }
            0x8a => self.long()?,
            b'G' => {
                self.take(8)?;
                self.push(Node::Fraction);
            }
            b'U' => self.text(1)?,
            b'T' | b'X' => self.text(4)?,
            b'c' => {
                let global = Node::Global(self.line()?, self.line()?);
                self.push(global);
            }
            b')' => self.push(Node::Tuple(Vec::new())),
            b']' => self.push(Node::List(Vec::new())),
            b'}' => self.push(Node::Dict(Vec::new())),
            b't' => {
                let values = self.above_mark()?;
                self.push(Node::Tuple(values));
            }
            0x85..=0x87 => {
                let values = self.top(usize::from(code - 0x84))?;
                self.push(Node::Tuple(values));
            }
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
                self.insert(&pair)?;
            }
            b'u' => {
                let pairs = self.above_mark()?;
                self.insert(&pairs)?;
            }
            // What a class would make of its arguments, and a function.
            0x81 | b'R' => self.call()?,
            b'Q' => {
                let name = self.pop()?;
                self.push(Node::Persistent(name));
            }
            b'b' => self.build()?,
            b'q' => self.put(1)?,
            b'r' => self.put(4)?,
            b'h' => self.recall(1)?,
            b'j' => self.recall(4)?,
            _ => bail!("it is none that CIFAR or PyTorch uses"),
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

    fn push(&mut self, value: Node<'a>) {
        // There are no more values than opcodes, nor opcodes than bytes that can be read.
        self.stack.push(self.nodes.len() as u32);
        self.nodes.push(value);
    }

    /// The topmost value, which no open mark may keep.
    fn pop(&mut self) -> Result<u32> {
        ensure!(self.marks.last().is_none_or(|&mark| mark < self.stack.len()), "a value is missing");
        self.stack.pop().context("a value is missing")
    }

    /// The topmost `n` values, the topmost last.
    fn top(&mut self, n: usize) -> Result<Vec<u32>> {
        let mut values = (0..n).map(|_| self.pop()).collect::<Result<Vec<_>>>()?;
        values.reverse();
        Ok(values)
    }

    fn above_mark(&mut self) -> Result<Vec<u32>> {
        let mark = self.marks.pop().context("a mark is missing")?;
        Ok(self.stack.split_off(mark))
    }

    fn number(&mut self, width: usize) -> Result<()> {
        let whole = self.unsigned(width)?;
        self.push(Node::Int(whole.into()));
        Ok(())
    }

    /// A whole number of up to eight bytes, the last with its sign; a longer one, a random generator's say, is none that counts
    /// anything.
    fn long(&mut self) -> Result<()> {
        let length = self.unsigned(1)? as usize;
        let bytes = self.take(length)?;
        let negative = bytes.last().is_some_and(|byte| *byte >= 0x80);
        let mut whole = [if negative { 0xff } else { 0 }; 8];
        match whole.get_mut(..length) {
            Some(low) => {
                low.copy_from_slice(bytes);
                self.push(Node::Int(i64::from_le_bytes(whole)));
            }
            None => self.push(Node::Bytes(bytes)),
        }
        Ok(())
    }

    fn text(&mut self, width: usize) -> Result<()> {
        let length = self.unsigned(width)? as usize;
        let text = self.take(length)?;
        self.push(Node::Bytes(text));
        Ok(())
    }

    /// The topmost value, which stays.
    fn topmost(&mut self) -> Result<&mut Node<'a>> {
        let number = *self.stack.last().context("a value is missing")?;
        Ok(&mut self.nodes[number as usize])
    }

    fn extend(&mut self, more: Vec<u32>) -> Result<()> {
        let Node::List(values) = self.topmost()? else { bail!("there is no list to append to") };
        values.extend(more);
        Ok(())
    }

    /// Puts keys and values, in turn, into the dictionary on top.
    fn insert(&mut self, flat: &[u32]) -> Result<()> {
        ensure!(flat.len().is_multiple_of(2), "a key has no value");
        let pairs = match self.topmost()? {
            Node::Dict(pairs) => pairs,
            Node::Object(called) => &mut called.items,
            _ => bail!("there is no dictionary to put into"),
        };
        pairs.extend(flat.chunks_exact(2).map(|pair| [pair[0], pair[1]]));
        Ok(())
    }

    fn call(&mut self) -> Result<()> {
        let [callee, arguments] = self.top(2)?[..] else { unreachable!("two were asked for") };
        ensure!(matches!(self.nodes[callee as usize], Node::Global(..)), "a call of what is no global");
        self.push(Node::Object(Box::new(Called { callee, arguments, state: None, items: Vec::new() })));
        Ok(())
    }

    /// Gives the object on top its state.
    fn build(&mut self) -> Result<()> {
        let state = self.pop()?;
        let Node::Object(called) = self.topmost()? else { bail!("there is no object to give a state") };
        ensure!(called.state.is_none(), "an object has one state");
        called.state = Some(state);
        Ok(())
    }

    fn put(&mut self, width: usize) -> Result<()> {
        let number = self.unsigned(width)?;
        let value = *self.stack.last().context("a value is missing")?;
        self.memo.insert(number, value);
        Ok(())
    }

    fn recall(&mut self, width: usize) -> Result<()> {
        let number = self.unsigned(width)?;
        let value = *self.memo.get(&number).with_context(|| format!("value {number} was not put aside"))?;
        self.stack.push(value);
        Ok(())
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
            (b"\x8a\x09abc", "cut"),
            (b"]h\x07.", "not put aside"),
            (b"]q\x01h\x01.", ""),
            (b"e.", "a mark is missing"),
            (b"(K\x01K\x02e", "a value is missing"),
            (b"K\x03(K\x01K\x02e", "no list"),
            (b"}(K\x01u.", "a key has no value"),
            (b".", "a value is missing"),
        ] {
            match parse(pickle) {
                Ok(parsed) => assert_eq!((parsed.value().matrix(), said), (None, ""), "{}", pickle.escape_ascii()),
                Err(error) => {
                    let error = format!("{error:#}");
                    assert!(!said.is_empty() && error.contains(said), "{}: {error}", pickle.escape_ascii());
                }
            }
        }
    }

    #[test]
    fn values_that_nest_or_hold_themselves_take_no_stack() {
        let deep = [&b"N"[..], &[0x85; 1_000_000], b"."].concat();
        assert_eq!(parse(&deep).unwrap().value().tuple().unwrap().len(), 1);
        let round = parse(b"]q\x01h\x01a.").unwrap();
        assert_eq!(round.value().list().unwrap()[0].list().unwrap().len(), 1);
    }

    #[test]
    fn numbers_are_those_of_python() {
        for (pickle, expected) in [
            (&b"\x8a\x02\x00\xff."[..], Some(-256)),
            (b"\x8a\x00.", Some(0)),
            (b"J\xff\xff\xff\xff.", Some(-1)),
            (b"N.", None),
        ] {
            assert_eq!(parse(pickle).unwrap().value().integer(), expected);
        }
    }
}
