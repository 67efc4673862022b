//! ABC classes by share of the total velocity.

use serde::{Deserialize, Serialize};

/// Velocity class: A turns fastest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Class {
    /// The few that make most of the work.
    A,
    /// The middle.
    B,
    /// The many that make little of it.
    C,
}

impl Class {
    /// 0 for A, 1 for B, 2 for C.
    pub fn rank(self) -> u8 {
        match self {
            Self::A => 0,
            Self::B => 1,
            Self::C => 2,
        }
    }
}

/// Classes in the order given: the fastest articles up to `a_share` of the total
/// velocity are A, the next up to `b_share` more are B (0.8 and 0.15 are usual).
/// An article that straddles a limit belongs to the faster class; one without
/// velocity, or with a number that is not finite, is C. Equal velocities are
/// ordered by key.
pub fn abc<K: Clone + Ord>(velocities: &[(K, f64)], a_share: f64, b_share: f64) -> Vec<(K, Class)> {
    let speed = |v: f64| if v.is_finite() { v.max(0.0) } else { 0.0 };
    let mut order: Vec<usize> = (0..velocities.len()).collect();
    order.sort_by(|&i, &j| {
        let ((k, v), (l, w)) = (&velocities[i], &velocities[j]);
        speed(*w).total_cmp(&speed(*v)).then_with(|| (k, i).cmp(&(l, j)))
    });
    // Scaled by the largest, so that no sum of finite numbers is infinite.
    let most = order.first().map_or(0.0, |&i| speed(velocities[i].1));
    let scaled = |i: usize| speed(velocities[i].1) / most;
    let total: f64 = order.iter().map(|&i| scaled(i)).sum();
    let mut classes = vec![Class::C; velocities.len()];
    let mut before = 0.0;
    for i in order {
        if speed(velocities[i].1) == 0.0 {
            break;
        }
        classes[i] = if before < a_share * total {
            Class::A
        } else if before < (a_share + b_share) * total {
            Class::B
        } else {
            Class::C
        };
        before += scaled(i);
    }
    let keys = velocities.iter().map(|(key, _)| key.clone());
    keys.zip(classes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn splits_by_share_of_velocity() {
        let v = [("d", 1.0), ("a", 70.0), ("b", 20.0), ("c", 9.0), ("e", 0.0)];
        let classes: Vec<Class> = abc(&v, 0.8, 0.15).into_iter().map(|c| c.1).collect();
        use Class::{A, B, C};
        assert_eq!(classes, vec![C, A, A, B, C]);
    }

    #[test]
    fn odd_numbers_are_slow() {
        let v = [(1, f64::NAN), (2, f64::INFINITY), (3, -5.0), (4, f64::MAX), (5, f64::MAX)];
        let classes: Vec<Class> = abc(&v, 0.5, 0.5).into_iter().map(|c| c.1).collect();
        use Class::{A, B, C};
        assert_eq!(classes, vec![C, C, C, A, B]);
    }

    proptest! {
        #[test]
        fn the_faster_is_never_in_the_lower_class(
            v in proptest::collection::vec((any::<u8>(), any::<f64>()), 0..20),
            a in 0.0..1.0_f64,
            b in 0.0..1.0_f64,
        ) {
            let classes = abc(&v, a, b);
            for (i, (_, x)) in v.iter().enumerate() {
                for (j, (_, y)) in v.iter().enumerate() {
                    if x.is_finite() && y.is_finite() && x > y {
                        prop_assert!(classes[i].1 <= classes[j].1);
                    }
                }
            }
        }
    }
}
