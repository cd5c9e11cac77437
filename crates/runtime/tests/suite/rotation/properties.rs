//! Whatever happens in whatever order, a key works, and none of others' is gone.

use std::time::Duration;

use crate::common::*;
use proptest::prelude::*;

use super::{STEPS, TOKEN, begin, current_works, ended, keys, managed, request, rotate, rotate_until_done, rotator};

#[derive(Debug, Clone)]
enum Trouble {
    Cut {
        at: usize,
        takes_effect: bool,
    },
    Fault {
        at: usize,
        kind: usize,
    },
    Repeat {
        step: usize,
    },
    /// Somebody cancels the rotation and begins another one.
    Anew,
}

fn trouble() -> impl Strategy<Value = Trouble> {
    prop_oneof![
        (0..26usize, any::<bool>()).prop_map(|(at, takes_effect)| Trouble::Cut { at, takes_effect }),
        (0..26usize, 0..4usize).prop_map(|(at, kind)| Trouble::Fault { at, kind }),
        (0..4usize).prop_map(|step| Trouble::Repeat { step }),
        Just(Trouble::Anew),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// Several troubles in a row, of any kind: AWSCURRENT works at every moment, and the end is the same.
    #[test]
    fn whatever_happens_the_current_key_works_and_none_is_left(
        troubles in proptest::collection::vec(trouble(), 1..6),
        trail_lag in 0..3usize,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let names: Vec<String> = {
                let fresh = managed();
                rotate(&fresh, SECRET, TOKEN).await.unwrap();
                fresh.take_calls()
            };
            let aws = managed();
            aws.state().trail_lag = trail_lag;
            let mut token = TOKEN.to_owned();
            for (n, trouble) in troubles.iter().enumerate() {
                match trouble {
                    Trouble::Cut { at, takes_effect } => {
                        aws.cut(*at, *takes_effect);
                        tokio::select! {
                            biased;
                            () = aws.until_cut() => {}
                            _ = rotate(&aws, SECRET, &token) => {}
                        }
                        aws.revive();
                    }
                    Trouble::Fault { at, kind } => {
                        let fault = [THROTTLED, BROKEN, Fault::Silence, Fault::Late(Duration::from_secs(6))][*kind];
                        let call = &names[at % names.len()];
                        aws.fault(call, fault, ATTEMPTS);
                        let _ = rotate(&aws, SECRET, &token).await;
                        aws.mend();
                    }
                    Trouble::Repeat { step } => {
                        let _ = rotator(&aws).step(&request(STEPS[*step], SECRET, &token)).await;
                    }
                    Trouble::Anew => {
                        let done = aws.state().secrets[SECRET].versions[&token].iter().any(|l| l == "AWSCURRENT");
                        // One that has ended is followed by no other here: the old key waits at its cutover.
                        if !done {
                            token = format!("{n:032}");
                            begin(&aws, &token);
                        }
                    }
                }
                current_works(&aws, SECRET);
                assert!(keys(&aws).len() <= 2, "{:?}", keys(&aws));
                assert!(keys(&aws).contains(KEY));
            }
            rotate_until_done(&aws, &token).await.unwrap();
            ended(&aws, &[]);
        });
    }
}
