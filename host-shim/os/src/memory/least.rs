//! Which of several limits leaves the least memory.

use super::{Bound, Sample};

/// A limit in bytes, and how much of it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limit {
    pub total: u64,
    pub used: u64,
    pub bound: Bound,
}

impl Limit {
    fn left(&self) -> u64 {
        self.total.saturating_sub(self.used)
    }
}

/// The reading by the tightest of these limits; of equal ones, the first.
pub(super) fn least(limits: &[Limit], estimated: Option<String>) -> Option<Sample> {
    let tightest = limits.iter().min_by_key(|limit| limit.left())?;
    Some(Sample {
        available: tightest.left(),
        total: tightest.total,
        bound: tightest.bound,
        estimated: estimated.filter(|_| tightest.bound == Bound::Container),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    fn limit(total: u64, used: u64, bound: Bound) -> Limit {
        let (total, used) = (total * MIB, used * MIB);
        Limit { total, used, bound }
    }

    #[test]
    fn the_tightest_limit_decides() {
        let physical = limit(2048, 1024, Bound::Machine);
        for (others, available, total, bound) in [
            (vec![], 1024, 2048, Bound::Machine),
            // What may be committed, without a page file nearly the same.
            (
                vec![limit(2300, 1900, Bound::Machine)],
                400,
                2300,
                Bound::Machine,
            ),
            (
                vec![limit(600, 100, Bound::Container)],
                500,
                600,
                Bound::Container,
            ),
            (
                vec![limit(6000, 100, Bound::Container)],
                1024,
                2048,
                Bound::Machine,
            ),
            // The job, then this process in it.
            (
                vec![
                    limit(600, 100, Bound::Container),
                    limit(300, 90, Bound::Container),
                ],
                210,
                300,
                Bound::Container,
            ),
            // A limit that was lowered below what is used.
            (
                vec![limit(100, 300, Bound::Container)],
                0,
                100,
                Bound::Container,
            ),
        ] {
            let limits: Vec<Limit> = [physical].into_iter().chain(others).collect();
            let sample = least(&limits, None).unwrap();
            assert_eq!(
                (sample.available, sample.total),
                (available * MIB, total * MIB)
            );
            assert_eq!(sample.bound, bound);
        }
        assert_eq!(least(&[], None), None);
    }

    #[test]
    fn a_doubt_about_the_job_counts_only_where_the_job_decides() {
        let doubt = || Some("why".to_owned());
        let (machine, job) = (limit(10, 5, Bound::Machine), limit(4, 1, Bound::Container));
        assert_eq!(least(&[machine], doubt()).unwrap().estimated, None);
        assert_eq!(least(&[machine, job], doubt()).unwrap().estimated, doubt());
    }
}
