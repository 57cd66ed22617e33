//! What memory pages cost. Pages are counted for a whole transaction: a call opens its program's
//! footprint and closes it on return, while the highest count ever reached stays.

/// Pages a transaction can have open at most; beyond, a page is priced so that nobody can pay it.
pub const PAGES_MAX: u16 = 128;

/// Cumulative exponential gas of `p` pages: floor(31874000^(p/128)), which reaches the block gas
/// limit of 32 million at 128 pages. A table, not floating point, so that it is the same everywhere.
#[rustfmt::skip]
const EXPONENTIAL: [u64; PAGES_MAX as usize + 1] = [
    1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 5, 6, 7, 8, 9, 11, 12, 14, 17, 19, 22, 25, 29, 33, 38,
    43, 50, 57, 65, 75, 85, 98, 112, 128, 147, 168, 193, 221, 253, 289, 331, 379, 434, 497, 569,
    651, 745, 853, 976, 1_117, 1_279, 1_463, 1_675, 1_917, 2_194, 2_511, 2_874, 3_290, 3_765, 4_309,
    4_932, 5_645, 6_461, 7_395, 8_464, 9_687, 11_087, 12_689, 14_523, 16_621, 19_024, 21_773,
    24_919, 28_521, 32_642, 37_359, 42_758, 48_938, 56_010, 64_104, 73_368, 83_971, 96_106, 109_994,
    125_890, 144_082, 164_904, 188_735, 216_010, 247_226, 282_953, 323_844, 370_643, 424_206,
    485_509, 555_672, 635_973, 727_880, 833_067, 953_456, 1_091_243, 1_248_941, 1_429_429,
    1_636_000, 1_872_423, 2_143_012, 2_452_704, 2_807_151, 3_212_820, 3_677_113, 4_208_502,
    4_816_684, 5_512_756, 6_309_419, 7_221_210, 8_264_766, 9_459_129, 10_826_093, 12_390_601,
    14_181_199, 16_230_562, 18_576_084, 21_260_563, 24_332_984, 27_849_408, 31_873_999,
];

/// The linear part of the price of memory; the exponential part is fixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageModel {
    /// Pages a transaction has for nothing.
    pub free_pages: u16,
    /// Gas of every other page.
    pub page_gas: u16,
}

impl PageModel {
    /// Gas of opening `new` pages when `open` are open and `ever` were open at most. Saturates:
    /// `u64::MAX` when the count passes [`PAGES_MAX`].
    pub fn gas(&self, new: u16, open: u16, ever: u16) -> u64 {
        let new_open = open.saturating_add(new);
        let new_ever = ever.max(new_open);
        if new_ever <= self.free_pages {
            return 0;
        }
        let paid = |pages: u16| pages.saturating_sub(self.free_pages);
        let adding = u64::from(paid(new_open).saturating_sub(paid(open)));
        let linear = adding.saturating_mul(u64::from(self.page_gas));
        linear.saturating_add(exponential(new_ever).saturating_sub(exponential(ever)))
    }
}

fn exponential(pages: u16) -> u64 {
    EXPONENTIAL.get(usize::from(pages)).copied().unwrap_or(u64::MAX)
}

/// The page counters of one transaction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OpenPages {
    /// Open now.
    pub open: u16,
    /// Open at most so far.
    pub ever: u16,
}

impl OpenPages {
    /// Opens `new` pages and answers their gas.
    pub fn add(&mut self, new: u16, model: &PageModel) -> u64 {
        let gas = model.gas(new, self.open, self.ever);
        self.open = self.open.saturating_add(new);
        self.ever = self.ever.max(self.open);
        gas
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODEL: PageModel = PageModel { free_pages: 2, page_gas: 1000 };

    #[test]
    fn gas_of_pages() {
        for (new, open, ever, gas) in [
            (0, 0, 0, 0),
            (2, 0, 0, 0),
            (3, 0, 0, 1000),
            (17, 0, 0, 15_008),
            (1, 2, 2, 1000),
            (1, 16, 16, 1001),
            (1, 0, 17, 0),
            (1, 2, 17, 1000),
            (128, 0, 0, 126_000 + 31_873_999 - 1),
            (129, 0, 0, u64::MAX),
            (1, u16::MAX, 128, u64::MAX - 31_873_999),
        ] {
            assert_eq!(MODEL.gas(new, open, ever), gas, "{new} pages at {open}/{ever}");
        }
    }

    #[test]
    fn the_table_is_the_formula() {
        let step = 31_874_000f64.ln() / 128.0;
        for (pages, value) in EXPONENTIAL.iter().enumerate() {
            let exact = (step * pages as f64).exp();
            let off = exact - *value as f64;
            assert!((-1e-6..=1.0 + 1e-6).contains(&off), "{pages}: {exact} {value}");
        }
    }

    #[test]
    fn counters_move_and_keep_the_highest() {
        let mut pages = OpenPages { open: 1, ever: 5 };
        assert_eq!(pages.add(2, &MODEL), 1000);
        assert_eq!(pages, OpenPages { open: 3, ever: 5 });
        assert_eq!(pages.add(u16::MAX, &MODEL), u64::MAX);
        assert_eq!(pages, OpenPages { open: u16::MAX, ever: u16::MAX });
    }
}
