//! Whether the revisions of a case are all there.

use std::ops::RangeInclusive;

use super::*;

fn verified(statements: &[Statement]) -> Vec<Verified> {
    statements.iter().map(|statement| check(&sealed(statement)).unwrap()).collect()
}

fn faults(statements: &[Statement]) -> (Vec<RangeInclusive<u32>>, Vec<ChainFault>) {
    let records = verified(statements);
    let mut chains = chains(&records);
    assert_eq!(chains.len(), 1);
    let chain = chains.remove(0);
    (chain.missing, chain.faults)
}

#[test]
fn a_chain_is_whole_in_any_order_and_with_copies() {
    let [one, two, three] = <[Statement; 3]>::try_from(history("bot")).unwrap();
    let records = verified(&[three.clone(), one.clone(), two.clone(), one, three]);
    let chains = chains(&records);
    let revisions: Vec<u32> = chains[0].records.iter().map(|r| r.statement.predicate.case.revision).collect();
    assert_eq!((chains.len(), revisions), (1, vec![1, 2, 3]));
    assert!(chains[0].missing.is_empty() && chains[0].faults.is_empty());
}

#[test]
fn what_is_cut_out_of_a_chain_is_missed() {
    let [one, two, three] = <[Statement; 3]>::try_from(history("bot")).unwrap();
    assert_eq!(faults(&[two.clone(), three.clone()]), (vec![1..=1], vec![]));
    assert_eq!(faults(std::slice::from_ref(&three)), (vec![1..=2], vec![]));
    assert_eq!(faults(&[one.clone(), three]), (vec![2..=2], vec![]));
    assert_eq!(faults(&[one, two]), (vec![], vec![]), "the end of a chain cannot be missed");
}

#[test]
fn what_does_not_fit_a_chain_is_noticed() {
    let [one, two, three] = <[Statement; 3]>::try_from(history("bot")).unwrap();
    let digest = |statement: &Statement| Digest::of(&statement.to_bytes());
    let changed = |statement: &Statement, change: fn(&mut Case)| {
        let mut case = statement.predicate.case.clone();
        change(&mut case);
        Statement::of(&case, &stack(7))
    };

    let fork = changed(&two, |case| case.notes.push("another story".to_owned()));
    let (_, found) = faults(&[one.clone(), two.clone(), fork.clone(), three.clone()]);
    assert!(matches!(found.as_slice(), [ChainFault::Fork { revision: 2, .. }]), "{found:?}");

    let (_, found) = faults(&[one.clone(), fork.clone(), three]);
    let (previous, other) = (digest(&two), digest(&fork));
    assert_eq!(found, [ChainFault::OtherPrevious { revision: 3, previous, found: other }]);

    let orphan = changed(&two, |case| case.previous = None);
    assert_eq!(faults(&[one.clone(), orphan]).1, [ChainFault::NoPrevious { revision: 2 }]);

    let late = changed(&one, |case| case.previous = Some(Digest::of(b"")));
    assert_eq!(faults(&[late]).1, [ChainFault::FirstHasPrevious { previous: Digest::of(b"") }]);

    let zero = changed(&one, |case| case.revision = 0);
    assert_eq!(faults(&[zero]).1, [ChainFault::RevisionZero]);
}

#[test]
fn each_case_has_its_own_chain() {
    let mut statements = history("bot");
    statements.extend(history("other"));
    statements.remove(3);
    let records = verified(&statements);
    let missing: Vec<bool> = chains(&records).iter().map(|chain| !chain.missing.is_empty()).collect();
    assert_eq!(missing.iter().filter(|cut| **cut).count(), 1);
    assert_eq!(missing.len(), 2);
}
