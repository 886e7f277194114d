//! The protobuf wire format, as far as printing needs it.
//!
//! Reading never fails loudly: a [`Reader`] stops at the first broken field and says so afterwards.

/// The payload of one field.
#[derive(Clone, Copy)]
pub(super) enum Raw<'a> {
    /// A varint, or the bits of a fixed32 or fixed64.
    Number(u64),
    /// A string, bytes, a message or a packed list.
    Bytes(&'a [u8]),
}

impl<'a> Raw<'a> {
    pub(super) fn number(self) -> u64 {
        match self {
            Raw::Number(number) => number,
            Raw::Bytes(_) => 0,
        }
    }

    pub(super) fn bytes(self) -> &'a [u8] {
        match self {
            Raw::Number(_) => &[],
            Raw::Bytes(bytes) => bytes,
        }
    }

    /// Whether this is the default value, which a field without presence does not print.
    pub(super) fn is_zero(self) -> bool {
        match self {
            Raw::Number(number) => number == 0,
            Raw::Bytes(bytes) => bytes.is_empty(),
        }
    }
}

/// How a number is laid out on the wire.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    Varint,
    Four,
    Eight,
}

/// Reads fields one after the other.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    broken: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, broken: false }
    }

    /// Whether reading stopped before the end.
    pub(super) fn broken(&self) -> bool {
        self.broken
    }

    /// The next field's number and payload. `None` at the end and where the bytes are broken.
    pub(super) fn next_field(&mut self) -> Option<(u32, Raw<'a>)> {
        if self.rest.is_empty() || self.broken {
            return None;
        }
        let field = self.field();
        self.broken = field.is_none();
        field
    }

    /// The next number of a packed list. `None` at the end and where the bytes are broken.
    pub(super) fn next_packed(&mut self, width: Width) -> Option<u64> {
        if self.rest.is_empty() || self.broken {
            return None;
        }
        let number = self.number(width);
        self.broken = number.is_none();
        number
    }

    fn field(&mut self) -> Option<(u32, Raw<'a>)> {
        let tag = self.varint()?;
        let number = u32::try_from(tag >> 3).ok().filter(|number| *number != 0)?;
        let raw = match tag & 7 {
            0 => Raw::Number(self.number(Width::Varint)?),
            1 => Raw::Number(self.number(Width::Eight)?),
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                let (bytes, rest) = self.rest.split_at_checked(length)?;
                self.rest = rest;
                Raw::Bytes(bytes)
            }
            5 => Raw::Number(self.number(Width::Four)?),
            _ => return None,
        };
        Some((number, raw))
    }

    fn number(&mut self, width: Width) -> Option<u64> {
        match width {
            Width::Varint => self.varint(),
            Width::Four => {
                let (bytes, rest) = self.rest.split_first_chunk::<4>()?;
                self.rest = rest;
                Some(u64::from(u32::from_le_bytes(*bytes)))
            }
            Width::Eight => {
                let (bytes, rest) = self.rest.split_first_chunk::<8>()?;
                self.rest = rest;
                Some(u64::from_le_bytes(*bytes))
            }
        }
    }

    fn varint(&mut self) -> Option<u64> {
        // Tags and most lengths and numbers are one byte.
        if let Some((&byte, rest)) = self.rest.split_first()
            && byte < 0x80
        {
            self.rest = rest;
            return Some(u64::from(byte));
        }
        let mut number = 0;
        for (at, byte) in self.rest.iter().take(10).enumerate() {
            number |= u64::from(byte & 0x7f) << (7 * at);
            if byte & 0x80 == 0 {
                self.rest = self.rest.get(at + 1..)?;
                return Some(number);
            }
        }
        None
    }
}

/// Whether the fields of `bytes` can be told apart. Says nothing of what is inside them.
pub(super) fn well_formed(bytes: &[u8]) -> bool {
    let mut reader = Reader::new(bytes);
    while reader.next_field().is_some() {}
    !reader.broken()
}

/// The lower half: what a 32-bit field keeps of a longer varint.
#[expect(clippy::cast_possible_truncation, reason = "protobuf truncates")]
pub(super) fn low_32(number: u64) -> u32 {
    number as u32
}

/// Undoes the zigzag encoding of `sint32` and `sint64`.
pub(super) fn zigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_bytes_end_the_reading() {
        for bytes in [&[0x08][..], &[0x0a, 5, 1], &[0x0d, 1], &[0x0b], &[0x00], &[0xff; 11]] {
            let mut reader = Reader::new(bytes);
            assert!(reader.next_field().is_none(), "{bytes:?}");
            assert!(reader.broken(), "{bytes:?}");
            assert!(!well_formed(bytes));
        }
    }

    #[test]
    fn zigzag_has_both_signs() {
        assert_eq!([0, 1, 2, 3, u64::MAX].map(zigzag), [0, -1, 1, -2, i64::MIN]);
    }
}
