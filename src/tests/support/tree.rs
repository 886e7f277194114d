//! YAML as a tree that may hold a key twice, and what can be done to a node of it.

use meshc::base::FileId;
use serde_json::{Value, json};

use crate::random::Random;

/// A value of YAML.
#[derive(Clone, Debug)]
pub(crate) enum Tree {
    Leaf(Value),
    List(Vec<Tree>),
    Map(Vec<(String, Tree)>),
}

/// The documents of a text, but empty ones.
pub(crate) fn documents(text: &str) -> Vec<Tree> {
    let (documents, _) = meshc::yaml::parse(FileId(0), text);
    let values = documents.iter().map(|document| document.root.to_json());
    values.filter(|value| !value.is_null()).map(Tree::new).collect()
}

/// What a node is replaced by.
fn replacements() -> [Value; 22] {
    [
        Value::Null,
        json!(""),
        json!("*"),
        json!("a/b/c"),
        json!("é\u{0}\u{1b}[31m"),
        json!("-1s"),
        json!(0),
        json!(-1),
        json!(65536),
        json!(u64::MAX),
        json!(1e300),
        json!(true),
        json!([]),
        json!([null]),
        json!(["*", "*"]),
        json!({}),
        json!({"": {}}),
        json!("999.999.999.999/99"),
        json!("unix:///"),
        json!("~"),
        json!("*.*.example.com"),
        json!("(((("),
    ]
}

impl Tree {
    fn new(value: Value) -> Self {
        match value {
            Value::Array(elements) => Self::List(elements.into_iter().map(Self::new).collect()),
            Value::Object(fields) => {
                Self::Map(fields.into_iter().map(|(key, value)| (key, Self::new(value))).collect())
            }
            leaf => Self::Leaf(leaf),
        }
    }

    /// The ways to all nodes below this one, as indices.
    fn ways(&self) -> Vec<Vec<usize>> {
        let mut all = Vec::new();
        let mut open = vec![Vec::new()];
        while let Some(way) = open.pop() {
            for index in 0..self.at(&way).len() {
                let below = [way.as_slice(), &[index]].concat();
                all.push(below.clone());
                open.push(below);
            }
        }
        all
    }

    fn len(&self) -> usize {
        match self {
            Self::Leaf(_) => 0,
            Self::List(elements) => elements.len(),
            Self::Map(fields) => fields.len(),
        }
    }

    fn at(&self, way: &[usize]) -> &Self {
        way.iter().fold(self, |node, index| match node {
            Self::Leaf(_) => node,
            Self::List(elements) => &elements[*index],
            Self::Map(fields) => &fields[*index].1,
        })
    }

    fn at_mut(&mut self, way: &[usize]) -> &mut Self {
        way.iter().fold(self, |node, index| match node {
            Self::Leaf(_) => node,
            Self::List(elements) => &mut elements[*index],
            Self::Map(fields) => &mut fields[*index].1,
        })
    }

    fn remove(&mut self, index: usize) -> (String, Self) {
        match self {
            Self::Leaf(_) => unreachable!("a leaf holds nothing"),
            Self::List(elements) => (String::new(), elements.remove(index)),
            Self::Map(fields) => fields.remove(index),
        }
    }

    fn insert(&mut self, index: usize, (key, value): (String, Self)) {
        match self {
            Self::Leaf(_) => *self = value,
            Self::List(elements) => elements.insert(index.min(elements.len()), value),
            Self::Map(fields) => fields.insert(index.min(fields.len()), (key, value)),
        }
    }

    /// Deletes, doubles, replaces or moves a node; says what it did.
    pub(crate) fn damage(&mut self, random: &mut Random) -> String {
        let ways = self.ways();
        if ways.is_empty() {
            return "nothing to damage".to_owned();
        }
        let way = random.one(&ways);
        let Some((index, parent)) = way.split_last() else { return String::new() };
        let index = *index;
        match random.below(6) {
            0 => {
                self.at_mut(parent).remove(index);
                format!("{way:?} deleted")
            }
            1 => {
                let (key, value) = match self.at(parent) {
                    Self::Map(fields) => fields[index].clone(),
                    other => (String::new(), other.at(&[index]).clone()),
                };
                // A key twice, or another that holds the same.
                let key = if random.below(2) == 0 { key } else { format!("{key}2") };
                self.at_mut(parent).insert(index + 1, (key, value));
                format!("{way:?} doubled")
            }
            2 => {
                let (key, value) = self.at_mut(parent).remove(index);
                let ways = self.ways();
                let target = if ways.is_empty() { Vec::new() } else { random.one(&ways).clone() };
                let place = random.below(self.at(&target).len() + 1);
                let key = if key.is_empty() { "moved".to_owned() } else { key };
                self.at_mut(&target).insert(place, (key, value));
                format!("{way:?} moved into {target:?}")
            }
            3 => {
                // Two nodes change places, unless one holds the other.
                let other = random.one(&ways);
                if way.starts_with(other) || other.starts_with(way) {
                    return format!("{way:?} left alone");
                }
                let (one, two) = (self.at(way).clone(), self.at(other).clone());
                *self.at_mut(way) = two;
                *self.at_mut(other) = one;
                format!("{way:?} and {other:?} changed")
            }
            4 => {
                let value = random.one(&replacements()).clone();
                let text = value.to_string();
                *self.at_mut(way) = Self::new(value);
                format!("{way:?} is {text}")
            }
            _ => {
                let node = self.at_mut(way);
                let old = std::mem::replace(node, Self::Leaf(Value::Null));
                *node = match (random.below(3), old) {
                    (0, old) => Self::List(vec![old]),
                    (1, old) => Self::Map(vec![("a".to_owned(), old)]),
                    (_, Self::Leaf(Value::String(text))) => Self::Leaf(json!(text.len())),
                    (_, Self::Leaf(leaf)) => Self::Leaf(json!(leaf.to_string())),
                    (_, Self::List(elements)) => {
                        let keyed = elements.into_iter().enumerate();
                        Self::Map(keyed.map(|(index, element)| (index.to_string(), element)).collect())
                    }
                    (_, Self::Map(fields)) => Self::List(fields.into_iter().map(|(_, value)| value).collect()),
                };
                format!("{way:?} of another type")
            }
        }
    }

    /// The elements of a list as documents, in block style or as JSON.
    pub(crate) fn to_yaml(&self, block: bool) -> String {
        let mut text = String::new();
        for index in 0..self.len() {
            text.push_str("---\n");
            match block {
                true => self.at(&[index]).block(0, &mut text),
                false => self.at(&[index]).flow(&mut text),
            }
            text.push('\n');
        }
        text
    }

    fn flow(&self, text: &mut String) {
        match self {
            Self::Leaf(value) => text.push_str(&value.to_string()),
            Self::List(elements) => {
                text.push('[');
                for element in elements {
                    element.flow(text);
                    text.push_str(", ");
                }
                text.push(']');
            }
            Self::Map(fields) => {
                text.push('{');
                for (key, value) in fields {
                    text.push_str(&format!("{}: ", json!(key)));
                    value.flow(text);
                    text.push_str(", ");
                }
                text.push('}');
            }
        }
    }

    fn block(&self, indent: usize, text: &mut String) {
        let lead = " ".repeat(indent);
        match self {
            Self::List(elements) if !elements.is_empty() => {
                for element in elements {
                    text.push_str(&format!("\n{lead}- "));
                    element.block(indent + 2, text);
                }
            }
            Self::Map(fields) if !fields.is_empty() => {
                for (key, value) in fields {
                    let plain = key.starts_with(|c: char| c.is_ascii_alphabetic())
                        && key.bytes().all(|byte| byte.is_ascii_alphanumeric());
                    let key = if plain { key.clone() } else { json!(key).to_string() };
                    text.push_str(&format!("\n{lead}{key}: "));
                    value.block(indent + 2, text);
                }
            }
            other => other.flow(text),
        }
    }
}
