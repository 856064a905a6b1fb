//! A value of the tree as serde reads it.

use serde::Deserializer;
use serde::de::{DeserializeSeed, IntoDeserializer, MapAccess, SeqAccess, Visitor};

use super::code::Code;
use super::decode::{Fault, FaultKind, Pass, Site};
use super::follows::Words;
use super::gaps::SECTIONS;
use super::node::{Entry, Kind, Node, Scalar, ScalarValue};
use super::source::{Mark, quoted};
use super::tag::Tag;
use super::words;
use crate::units::Span;

pub(super) type Outcome<T> = Result<T, Fault>;

/// A value with its way up.
#[derive(Clone, Copy)]
pub(super) struct Value<'a> {
    pub(super) node: &'a Node,
    pass: &'a Pass<'a>,
    /// Where its key is written.
    key: Option<Mark>,
    /// Whether its key is a name that the file gives, and not one of its type.
    is_named: bool,
}

impl<'a> Value<'a> {
    /// The whole file.
    pub(super) fn root(node: &'a Node, pass: &'a Pass<'a>) -> Value<'a> {
        Value { node, pass, key: None, is_named: false }
    }

    fn below(&self, entry: &'a Entry) -> Value<'a> {
        Value { node: &entry.value, pass: self.pass, key: Some(entry.mark), is_named: false }
    }

    /// What to point at when the value itself is wrong.
    pub(super) fn site(&self) -> Site {
        let mark = match (&self.node.kind, self.key) {
            (Kind::Scalar(scalar), Some(key)) if scalar.value == ScalarValue::Null => key,
            _ => self.node.mark,
        };
        Site { id: self.node.id, mark }
    }

    /// What to point at when something in the value is missing.
    fn owner(&self) -> Site {
        Site { id: self.node.id, mark: self.key.unwrap_or(self.node.mark) }
    }

    /// Places a fault that came up while the value was read.
    pub(super) fn placed(&self, fault: Fault) -> Fault {
        if fault.site.is_some() {
            return fault;
        }
        let kind = match fault.kind {
            FaultKind::Missing { key } => {
                let removed = |entry: &Entry| {
                    self.pass.is_left_out(&entry.value)
                        && (entry.key == key
                            || words::nearest(&entry.key, &[key]).is_some()
                            || words::without_colon(&entry.key, &[key]).is_some())
                };
                let follows = matches!(&self.node.kind, Kind::Map(entries) if entries.iter().any(removed));
                if follows || self.pass.is_beside(key) {
                    FaultKind::Lost { key }
                } else {
                    FaultKind::Missing { key }
                }
            }
            FaultKind::Told { code, cause, remedy, label } => {
                match self.pass.lacks_one_of(self.node, &Words::of(&[&cause, &remedy])) {
                    true => FaultKind::Silent,
                    false => FaultKind::Told { code, cause, remedy, label },
                }
            }
            _ if self.pass.lacks_some(self.node) => FaultKind::Silent,
            kind => kind,
        };
        let site = if matches!(kind, FaultKind::Missing { .. }) { self.owner() } else { self.site() };
        Fault { site: Some(site), kind }
    }

    fn wrong<T>(&self, code: Code, cause: String, remedy: impl Into<String>) -> Outcome<T> {
        Err(self.placed(Fault::told(code, cause, remedy)))
    }

    /// Refuses a value of another shape than `expected`.
    fn shape<T>(&self, expected: &str) -> Outcome<T> {
        let found = match &self.node.kind {
            Kind::Map(entries) if entries.is_empty() => "an empty mapping".to_owned(),
            Kind::Map(_) => "a mapping".to_owned(),
            Kind::Seq(_) => "a list".to_owned(),
            Kind::Scalar(scalar) if scalar.value == ScalarValue::Null => {
                return self.wrong(
                    Code::NoValue,
                    "there is no value here".to_owned(),
                    format!("write {expected}"),
                );
            }
            Kind::Scalar(scalar) => quoted(&scalar.text),
        };
        self.wrong(Code::Shape, format!("{found} does not fit here"), format!("write {expected}"))
    }

    fn whole<V: Visitor<'a>>(
        self,
        least: i128,
        most: i128,
        visit: impl FnOnce(i128) -> Result<V::Value, Fault>,
    ) -> Outcome<V::Value> {
        let range = if most >= i128::from(u64::MAX) {
            format!("a whole number of at least {least}")
        } else {
            format!("a whole number from {least} to {most}")
        };
        let Some(scalar) = self.node.scalar() else { return self.shape(&range) };
        let text = quoted(&scalar.text);
        let number = match scalar.value {
            ScalarValue::Unsigned(number) => i128::from(number),
            ScalarValue::Signed(number) => i128::from(number),
            ScalarValue::Float(number) if number.is_finite() && number.fract() == 0.0 => number as i128,
            ScalarValue::Float(number) if number.is_finite() => {
                return self.wrong(
                    Code::Number,
                    format!("{text} is not a whole number"),
                    format!("write {range}"),
                );
            }
            ScalarValue::Float(_) => {
                return self.wrong(
                    Code::Number,
                    format!("{text} is not a finite number"),
                    format!("write {range}"),
                );
            }
            ScalarValue::Text if scalar.text.starts_with(|c: char| c.is_ascii_digit()) => {
                let cause = format!("{text} is not a plain number");
                return self.wrong(Code::Number, cause, format!("write {range}, without unit and quotes"));
            }
            ScalarValue::Text | ScalarValue::Bool(_) => {
                return self.wrong(Code::Number, format!("{text} is not a number"), format!("write {range}"));
            }
            ScalarValue::Null => return self.shape(&range),
        };
        let problem = match number {
            number if number < 0 && least >= 0 => "is negative",
            number if number < least => "is too small",
            number if number > most => "is too large",
            number => return visit(number).map_err(|fault| self.placed(fault)),
        };
        self.wrong(Code::Number, format!("{text} {problem}"), format!("write {range}"))
    }
}

macro_rules! whole_numbers {
    ($($method:ident $visit:ident $type:ident)+) => { $(
        fn $method<V: Visitor<'a>>(self, visitor: V) -> Outcome<V::Value> {
            let (least, most) = (i128::from($type::MIN), i128::from($type::MAX));
            self.whole::<V>(least, most, |number| visitor.$visit($type::try_from(number).unwrap_or_default()))
        }
    )+ };
}

impl<'a> Deserializer<'a> for Value<'a> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Outcome<V::Value> {
        let outcome = match &self.node.kind {
            Kind::Map(entries)
                if !entries.is_empty()
                    && self.pass.stand_ins_of(self.node).is_empty()
                    && entries.iter().all(|entry| self.pass.is_left_out(&entry.value)) =>
            {
                return Err(Fault { site: Some(self.site()), kind: FaultKind::Silent });
            }
            Kind::Map(entries) => visitor.visit_map(Entries::new(self, entries)),
            Kind::Seq(items) => visitor.visit_seq(Items { parent: self, items: items.iter() }),
            Kind::Scalar(Scalar { text, value }) => match *value {
                ScalarValue::Null => visitor.visit_unit(),
                ScalarValue::Bool(value) => visitor.visit_bool(value),
                ScalarValue::Unsigned(number) => visitor.visit_u64(number),
                ScalarValue::Signed(number) => visitor.visit_i64(number),
                ScalarValue::Float(number) if number.is_finite() => visitor.visit_f64(number),
                ScalarValue::Float(_) => {
                    let cause = format!("{} is not a finite number", quoted(text));
                    return self.wrong(Code::Number, cause, "write a number");
                }
                ScalarValue::Text => visitor.visit_borrowed_str(text),
            },
        };
        outcome.map_err(|fault| self.placed(self.no_value(fault)))
    }

    whole_numbers! {
        deserialize_u8 visit_u8 u8
        deserialize_u16 visit_u16 u16
        deserialize_u32 visit_u32 u32
        deserialize_u64 visit_u64 u64
        deserialize_i8 visit_i8 i8
        deserialize_i16 visit_i16 i16
        deserialize_i32 visit_i32 i32
        deserialize_i64 visit_i64 i64
    }

    fn deserialize_f32<V: Visitor<'a>>(self, visitor: V) -> Outcome<V::Value> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'a>>(self, visitor: V) -> Outcome<V::Value> {
        let Some(scalar) = self.node.scalar() else { return self.shape("a number") };
        let number = match scalar.value {
            ScalarValue::Unsigned(number) => number as f64,
            ScalarValue::Signed(number) => number as f64,
            ScalarValue::Float(number) if number.is_finite() => number,
            ScalarValue::Float(_) => {
                let cause = format!("{} is not a finite number", quoted(&scalar.text));
                return self.wrong(Code::Number, cause, "write a number");
            }
            ScalarValue::Text | ScalarValue::Bool(_) | ScalarValue::Null => {
                return self.shape("a plain number, without unit and quotes");
            }
        };
        visitor.visit_f64(number).map_err(|fault| self.placed(fault))
    }

    fn deserialize_bool<V: Visitor<'a>>(self, visitor: V) -> Outcome<V::Value> {
        match self.node.scalar().map(|scalar| scalar.value) {
            Some(ScalarValue::Bool(value)) => visitor.visit_bool(value).map_err(|fault| self.placed(fault)),
            _ => self.shape("`true` or `false`"),
        }
    }

    fn deserialize_str<V: Visitor<'a>>(self, visitor: V) -> Outcome<V::Value> {
        match self.node.scalar() {
            Some(scalar) if scalar.value != ScalarValue::Null => {
                visitor.visit_borrowed_str(&scalar.text).map_err(|fault| self.placed(fault))
            }
            _ => self.shape("a single text"),
        }
    }

    fn deserialize_string<V: Visitor<'a>>(self, visitor: V) -> Outcome<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_char<V: Visitor<'a>>(self, visitor: V) -> Outcome<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'a>>(self, visitor: V) -> Outcome<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Outcome<V::Value> {
        match self.node.scalar() {
            Some(scalar) if scalar.value == ScalarValue::Null && scalar.text.is_empty() => {
                let remedy = "write one behind the key, or take the key out";
                self.wrong(Code::NoValue, "there is no value here".to_owned(), remedy)
            }
            Some(scalar) if scalar.value == ScalarValue::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(self, _: &'static str, visitor: V) -> Outcome<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'a>>(self, visitor: V) -> Outcome<V::Value> {
        match &self.node.kind {
            Kind::Seq(items) => visitor
                .visit_seq(Items { parent: self, items: items.iter() })
                .map_err(|fault| self.placed(fault)),
            Kind::Map(_) | Kind::Scalar(_) => {
                self.shape("a list: `[…, …]`, or an item a line, each after `- `")
            }
        }
    }

    fn deserialize_tuple<V: Visitor<'a>>(self, length: usize, visitor: V) -> Outcome<V::Value> {
        if let Kind::Seq(items) = &self.node.kind
            && items.len() != length
        {
            let items = if items.len() == 1 { "1 item".to_owned() } else { format!("{} items", items.len()) };
            let remedy = format!("write a list of {length}: `[{}]`", vec!["…"; length].join(", "));
            return self.wrong(Code::Shape, format!("there are {items} here, not {length}"), remedy);
        }
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'a>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Outcome<V::Value> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_map<V: Visitor<'a>>(self, visitor: V) -> Outcome<V::Value> {
        match &self.node.kind {
            Kind::Map(entries) => {
                self.leave_out_section(entries);
                let entries = Entries { of_names: true, ..Entries::new(self, entries) };
                visitor.visit_map(entries).map_err(|fault| self.placed(fault))
            }
            Kind::Seq(_) | Kind::Scalar(_) => {
                match &self.node.kind {
                    // A time where a distribution's settings belong.
                    Kind::Scalar(scalar) if scalar.text.parse::<Span>().is_ok() => self
                        .shape(&format!("a mapping that says what the time is: `{{mean: {}}}`", scalar.text)),
                    _ => self.shape("a mapping: `{key: value}`, or a `key: value` a line"),
                }
            }
        }
    }

    fn deserialize_struct<V: Visitor<'a>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Outcome<V::Value> {
        let Kind::Map(entries) = &self.node.kind else {
            return self.shape(&format!(
                "a mapping with the keys of {}: {}",
                words::thing(name),
                words::listed(fields)
            ));
        };
        if let Some(fault) = self.beside_its_owner(name, fields, entries) {
            return Err(fault);
        }
        for entry in entries.iter().filter(|entry| !self.pass.is_left_out(&entry.value)) {
            if !fields.contains(&entry.key.as_str()) {
                let site = Site { id: entry.value.id, mark: entry.mark };
                let kind = FaultKind::UnknownKey { key: entry.key.clone(), known: fields, of: name };
                self.pass.note(&Fault { site: Some(site), kind });
            }
        }
        visitor.visit_map(Entries::new(self, entries)).map_err(|fault| self.placed(fault))
    }

    fn deserialize_enum<V: Visitor<'a>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Outcome<V::Value> {
        let mut tag = match &self.node.kind {
            Kind::Scalar(scalar) if scalar.value != ScalarValue::Null => {
                Tag { name: &scalar.text, site: self.site(), content: None, parent: self }
            }
            Kind::Map(entries) => {
                let entry = self.single_tag(entries, variants)?;
                Tag {
                    name: &entry.key,
                    site: Site { id: self.node.id, mark: entry.mark },
                    content: Some(self.below(entry)),
                    parent: self,
                }
            }
            Kind::Seq(_) | Kind::Scalar(_) => {
                return self.shape(&format!("one of {}", words::listed(variants)));
            }
        };
        if tag.content.is_some_and(|content| self.pass.is_left_out(content.node)) {
            let Some(key) = variants.iter().copied().find(|variant| *variant == tag.name) else {
                return Err(Fault { site: Some(self.site()), kind: FaultKind::Silent });
            };
            let stand_in = self.pass.stand_ins_of(self.node).into_iter().find(|entry| entry.key == key);
            let Some(entry) = stand_in else {
                return Err(Fault { site: Some(self.site()), kind: FaultKind::Lost { key } });
            };
            self.pass.hand_out(self.node, entry);
            tag.content = Some(self.below(entry));
        }
        visitor.visit_enum(tag).map_err(|fault| self.placed(fault))
    }

    fn deserialize_unit<V: Visitor<'a>>(self, visitor: V) -> Outcome<V::Value> {
        self.deserialize_any(visitor)
    }

    fn deserialize_unit_struct<V: Visitor<'a>>(self, _: &'static str, visitor: V) -> Outcome<V::Value> {
        self.deserialize_any(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'a>>(self, visitor: V) -> Outcome<V::Value> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! { <W: Visitor<'a>> i128 u128 bytes byte_buf }
}

impl Value<'_> {
    /// Tells of the key of a section that is indented so far that it stands among names; what follows it belongs to it.
    fn leave_out_section(&self, entries: &[Entry]) {
        let is_bare = |entry: &&Entry| {
            let bare =
                entry.value.scalar().is_some_and(|it| it.value == ScalarValue::Null && it.text.is_empty());
            bare && SECTIONS.contains(&entry.key.as_str()) && !self.pass.is_left_out(&entry.value)
        };
        let Some(section) = entries.iter().find(is_bare) else { return };
        let cause = format!("{} stands where a name belongs", quoted(&section.key));
        let remedy = "indent it less: it is a key of the whole file";
        let site = Site { id: section.value.id, mark: section.mark };
        let behind = entries.iter().skip_while(|entry| entry.value.id != section.value.id);
        self.pass.note_section(Fault::told(Code::Shape, cause, remedy).at(site), behind);
    }

    /// What is wrong with a setting that stands beside what it belongs to, where it is taken for the name of another.
    fn beside_its_owner(&self, of: &str, fields: &[&str], entries: &[Entry]) -> Option<Fault> {
        let mark = self.key.filter(|_| self.is_named)?;
        let name = self.pass.written(mark);
        let is_field = |key: &str| fields.contains(&key);
        let is_unlike = !entries.is_empty() && !entries.iter().all(|entry| is_field(&entry.key));
        if SECTIONS.contains(&name) && is_unlike {
            let cause = format!("{} stands where the name of {} belongs", quoted(name), words::thing(of));
            let remedy = "indent it less: it is a key of the whole file";
            return Some(Fault::told(Code::Shape, cause, remedy).at(Site { id: self.node.id, mark }));
        }
        (is_field(name) && is_unlike).then(|| {
            let of = words::thing(of);
            let cause =
                format!("{} is a key of {of}, and stands where the name of one belongs", quoted(name));
            let remedy = "indent it and what is below it further than the name that it belongs to";
            Fault::told(Code::Shape, cause, remedy).at(Site { id: self.node.id, mark })
        })
    }

    /// Says in plain words that a value is not there at all.
    fn no_value(&self, fault: Fault) -> Fault {
        match (&self.node.kind, &fault) {
            (
                Kind::Scalar(Scalar { value: ScalarValue::Null, .. }),
                Fault { site: None, kind: FaultKind::Told { remedy, .. } },
            ) => Fault::told(Code::NoValue, "there is no value here", remedy.clone()),
            _ => fault,
        }
    }

    /// The tag among the entries of a mapping; what is beside it is told, and left out.
    fn single_tag<'e>(&self, entries: &'e [Entry], variants: &[&str]) -> Outcome<&'e Entry> {
        let left: Vec<&Entry> = entries.iter().filter(|entry| !self.pass.is_left_out(&entry.value)).collect();
        match (left.as_slice(), entries) {
            ([], [first, ..]) => return Ok(first),
            ([entry], _) => return Ok(entry),
            _ => {}
        }
        let fault = self.several_tags(&left, variants);
        let is_known = |entry: &&&Entry| variants.contains(&entry.key.as_str());
        let is_bare = |entry: &Entry| entry.value.scalar().is_some_and(|it| it.value == ScalarValue::Null);
        let Some(tag) = left.iter().find(is_known).filter(|tag| !is_bare(tag)) else { return Err(fault) };
        self.pass.note_beside(fault, left.iter().copied().filter(|entry| entry.value.id != tag.value.id));
        Ok(tag)
    }

    fn several_tags(&self, entries: &[&Entry], variants: &[&str]) -> Fault {
        let Some(first) = entries.first() else {
            let remedy = format!("write one of {}", words::listed(variants));
            return self.placed(Fault::told(Code::SingleTag, "there is no tag here", remedy));
        };
        let keys: Vec<&str> = entries.iter().map(|entry| entry.key.as_str()).collect();
        let known = keys.iter().filter(|key| variants.contains(key)).count();
        let bare = first.value.scalar().is_some_and(|scalar| scalar.value == ScalarValue::Null);
        let remedy = if bare && variants.contains(&first.key.as_str()) {
            format!("indent what belongs to `{}` further than the tag itself", first.key)
        } else if known > 1 {
            "keep one; in a list, give each its own item with `- `".to_owned()
        } else {
            format!("keep one tag and put what belongs to it below it; tags: {}", words::listed(variants))
        };
        let cause =
            format!("a single tag is needed here, but there are {}: {}", keys.len(), words::listed(&keys));
        // The one that is no tag is too much, or whatever comes behind the first.
        let odd = entries.iter().find(|entry| !variants.contains(&entry.key.as_str())).or(entries.get(1));
        let site = Site { id: self.node.id, mark: odd.unwrap_or(first).mark };
        Fault::told(Code::SingleTag, cause, remedy).at(site)
    }
}

/// The items of a list.
struct Items<'a> {
    parent: Value<'a>,
    items: std::slice::Iter<'a, Node>,
}

impl<'a> SeqAccess<'a> for Items<'a> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'a>>(&mut self, seed: T) -> Outcome<Option<T::Value>> {
        let pass = self.parent.pass;
        let Some(node) = self.items.find(|node| !pass.is_left_out(node)) else { return Ok(None) };
        let value = Value { node, pass, key: None, is_named: false };
        seed.deserialize(value).map(Some).map_err(|fault| value.placed(fault))
    }
}

/// The entries of a mapping.
struct Entries<'a> {
    parent: Value<'a>,
    entries: std::slice::Iter<'a, Entry>,
    /// What stands in for those that are missing.
    stand_ins: std::vec::IntoIter<&'a Entry>,
    current: Option<&'a Entry>,
    /// Whether the keys are names that the file gives.
    of_names: bool,
}

impl<'a> Entries<'a> {
    fn new(parent: Value<'a>, entries: &'a [Entry]) -> Entries<'a> {
        let stand_ins = parent.pass.stand_ins_of(parent.node).into_iter();
        Entries { parent, entries: entries.iter(), stand_ins, current: None, of_names: false }
    }
}

impl<'a> MapAccess<'a> for Entries<'a> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'a>>(&mut self, seed: K) -> Outcome<Option<K::Value>> {
        let pass = self.parent.pass;
        let own = self.entries.find(|entry| !pass.is_left_out(&entry.value));
        self.current =
            own.or_else(|| self.stand_ins.next().inspect(|it| pass.hand_out(self.parent.node, it)));
        let Some(entry) = self.current else { return Ok(None) };
        if entry.key.trim().is_empty() {
            let site = Site { id: entry.value.id, mark: entry.mark };
            let remedy = "write a name before the `:`";
            return Err(Fault::told(Code::NoValue, "there is no name here", remedy).at(site));
        }
        let site = Site { id: entry.value.id, mark: entry.mark };
        seed.deserialize(entry.key.as_str().into_deserializer())
            .map(Some)
            .map_err(|fault: Fault| fault.at(site))
    }

    fn next_value_seed<T: DeserializeSeed<'a>>(&mut self, seed: T) -> Outcome<T::Value> {
        match self.current.take() {
            Some(entry) => {
                let value = Value { is_named: self.of_names, ..self.parent.below(entry) };
                seed.deserialize(value).map_err(|fault| value.placed(fault))
            }
            // A single tag read as a mapping asks for its value in the same way.
            None => {
                Err(Fault::told(Code::SingleTag, "there is no tag here", "write one").at(self.parent.site()))
            }
        }
    }
}
