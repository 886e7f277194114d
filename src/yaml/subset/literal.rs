//! Literal blocks: `|` and `|-`.

use std::borrow::Cow;

use super::super::node::{Kind, Node};
use super::{Beyond, Reader};

impl<'src> Reader<'_, 'src> {
    /// The literal block whose `|` is here, below a key or dash in this column. Ends before the line
    /// behind it.
    pub(super) fn literal(&mut self, column: usize) -> Result<Node<'src>, Beyond> {
        self.at += 1;
        let strip = self.peek() == Some(b'-');
        self.at += usize::from(strip);
        self.end_of_value()?;
        if self.peek() == Some(b'#') {
            self.comment();
        }
        self.at += 1;
        let indent = self.indentation();
        let start = self.at + indent;
        if indent <= column || matches!(self.byte(start), None | Some(b'\n')) {
            return Err(Beyond);
        }
        let mut text = String::new();
        let mut blank_lines = 0;
        let end = loop {
            let spaces = self.indentation();
            let rest = self.text.get(self.at..).unwrap_or_default();
            match rest.as_bytes().get(spaces) {
                None if spaces == 0 => break self.at,
                // The last line break is missing, or only spaces are behind it.
                None => return Err(Beyond),
                Some(b'\n') if spaces > indent => return Err(Beyond),
                Some(b'\n') => {
                    blank_lines += 1;
                    self.at += spaces + 1;
                }
                Some(_) if spaces < indent => {
                    if spaces > column {
                        return Err(Beyond);
                    }
                    // The full reader counts the next line's indentation in.
                    break self.at + spaces;
                }
                Some(_) => {
                    let line = rest.get(indent..=rest.find('\n').ok_or(Beyond)?).unwrap_or_default();
                    text.extend(std::iter::repeat_n('\n', std::mem::take(&mut blank_lines)));
                    text.push_str(line);
                    self.at += indent + line.len();
                }
            }
            self.line = self.at;
        };
        if strip {
            text.pop();
        }
        Ok(Node { start: self.place(start), end: self.place(end), kind: Kind::Str(Cow::Owned(text)) })
    }

    /// The number of spaces here.
    fn indentation(&self) -> usize {
        self.text.get(self.at..).unwrap_or_default().bytes().take_while(|byte| *byte == b' ').count()
    }
}
