//! What the campaigns that run beside one on the same account leave to it, as claims share calls out: those of the most
//! urgent priority first, equal ones by weight, and none more than its own pace takes.

use std::time::Duration;

use redial_shared::domain::Timestamp;

use super::forecast::Rates;

/// Campaigns that share an account: how each is served, and what it has to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// 1 first … 9 last.
    pub priority: u8,
    /// Its share among equals.
    pub weight: f64,
    /// Calls a second that it takes at most.
    pub pace: f64,
    /// Calls that it has still to make.
    pub calls_left: f64,
}

/// How the pace of one member goes on, until the others are done or `until`.
#[derive(Debug, Clone, PartialEq)]
pub struct Company {
    /// Its calls a second, from when on.
    pub rates: Rates,
    /// When it has the account to itself; none: not before `until`.
    pub alone_at: Option<Timestamp>,
}

/// The calls a second of each member while the account makes `total`.
pub fn shares(total: f64, members: &[Member]) -> Vec<f64> {
    let mut shares = vec![0.0; members.len()];
    let mut left = total;
    for priority in 1..=9 {
        let mut hungry: Vec<usize> = (0..members.len()).filter(|&at| members[at].priority == priority).collect();
        while !hungry.is_empty() && left > 0.0 {
            let weights: f64 = hungry.iter().map(|&at| members[at].weight).sum();
            let by_weight = |at: usize| left * members[at].weight / weights;
            let (full, others): (Vec<usize>, Vec<usize>) =
                hungry.iter().partition(|&&at| members[at].pace <= by_weight(at));
            if full.is_empty() {
                others.iter().for_each(|&at| shares[at] = by_weight(at));
                left = 0.0;
            }
            for &at in &full {
                shares[at] = members[at].pace;
                left -= shares[at];
            }
            hungry = others;
        }
    }
    shares
}

/// Lets the others of `own` work until they are done, as if they could call at any time.
pub fn keep_company(total: f64, own: &Member, mut others: Vec<Member>, now: Timestamp, until: Timestamp) -> Company {
    let (mut at, mut rates) = (now, Vec::new());
    loop {
        let all: Vec<Member> = std::iter::once(own.clone()).chain(others.iter().cloned()).collect();
        let shares = shares(total, &all);
        rates.push((at, shares[0]));
        let ends = others.iter().zip(&shares[1..]).map(|(other, share)| other.calls_left / share);
        let Some(next) = ends.min_by(f64::total_cmp) else {
            return Company { rates: Rates(rates), alone_at: Some(at) };
        };
        let over = Duration::try_from_secs_f64(next).ok().map(|next| at + next).filter(|over| *over < until);
        let Some(over) = over else { return Company { rates: Rates(rates), alone_at: None } };
        for (other, share) in others.iter_mut().zip(&shares[1..]) {
            other.calls_left -= share * next;
        }
        // The one that is over first is over, whatever rounding leaves of it.
        others.retain(|other| other.calls_left > 0.5);
        at = over;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(priority: u8, weight: f64, pace: f64, calls_left: f64) -> Member {
        Member { priority, weight, pace, calls_left }
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(1_780_315_200_000) + Duration::from_secs(seconds)
    }

    #[test]
    fn equals_share_by_weight_and_what_one_cannot_take_the_others_have() {
        let equals = [member(5, 1.0, 100.0, 1.0), member(5, 3.0, 100.0, 1.0)];
        assert_eq!(shares(20.0, &equals), [5.0, 15.0]);
        let slow = [member(5, 1.0, 100.0, 1.0), member(5, 3.0, 6.0, 1.0)];
        assert_eq!(shares(20.0, &slow), [14.0, 6.0]);
        assert_eq!(shares(20.0, &[member(5, 1.0, 4.0, 1.0)]), [4.0]);
    }

    #[test]
    fn the_more_urgent_are_served_first() {
        let members = [member(9, 1.0, 100.0, 1.0), member(1, 1.0, 8.0, 1.0), member(5, 1.0, 100.0, 1.0)];
        assert_eq!(shares(20.0, &members), [0.0, 8.0, 12.0]);
    }

    #[test]
    fn one_that_shares_goes_faster_as_the_others_come_to_their_ends() {
        let own = member(5, 1.0, 100.0, 0.0);
        let others = vec![member(5, 1.0, 100.0, 500.0), member(1, 1.0, 2.0, 400.0)];
        let company = keep_company(10.0, &own, others, at(0), at(100_000));
        // 4, 4 and 2 a second; after 125 s the equal one is done, after 200 s the urgent one.
        assert_eq!(company.rates.0, [(at(0), 4.0), (at(125), 8.0), (at(200), 10.0)]);
        assert_eq!(company.alone_at, Some(at(200)));
    }

    #[test]
    fn whoever_comes_last_may_have_to_wait_for_good() {
        let own = member(9, 1.0, 100.0, 0.0);
        let company = keep_company(10.0, &own, vec![member(1, 1.0, 100.0, 1e9)], at(0), at(100_000));
        assert_eq!((company.rates.0, company.alone_at), (vec![(at(0), 0.0)], None));
    }
}
