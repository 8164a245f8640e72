//! The memory that tasks of the CPU's operations share, in every order of their accesses that Miri tries.

#![cfg(test)]

#[path = "../../../crates/engine/src/kernel/cpu/buffer.rs"]
#[allow(dead_code, reason = "the operations use all of it")]
mod buffer;

use std::{mem::MaybeUninit, thread};

use buffer::{Shared, scratch, with_scratch, written};

/// Each task fills its own part, some by a slice and some by pointers, and reads it again.
fn fill(buffer: Shared, tasks: usize, each: usize) {
    thread::scope(|scope| {
        for task in 0..tasks {
            scope.spawn(move || {
                let range = task * each..(task + 1) * each;
                for (at, place) in range.clone().enumerate() {
                    if task % 2 == 0 {
                        // SAFETY: the place is this task's own.
                        unsafe { buffer.from(place).write(at as f32) };
                    } else {
                        // SAFETY: as above.
                        unsafe { buffer.slice(place..place + 1) }.fill(MaybeUninit::new(at as f32));
                    }
                }
                // SAFETY: this task has written all of it.
                let sum: f32 = unsafe { buffer.read(range) }.iter().sum();
                assert_eq!(sum as usize, each * (each - 1) / 2);
            });
        }
    });
}

#[test]
fn tasks_write_parts_of_a_vector_that_nobody_set_to_0() {
    for (tasks, each) in [(1, 1), (2, 3), (4, 17)] {
        // SAFETY: the parts are the whole.
        let values = unsafe { written(tasks * each, |buffer| fill(buffer, tasks, each)) };
        assert_eq!(values[tasks * each - 1], (each - 1) as f32);
    }
}

#[test]
fn tasks_write_parts_of_a_vector_in_place() {
    let mut values = vec![-1.0; 12];
    fill(Shared::new(&mut values), 4, 3);
    assert_eq!(values, [0.0, 1.0, 2.0].repeat(4));
}

#[test]
fn scratch_goes_from_one_need_to_the_next_and_its_parts_do_not_overlap() {
    for len in [0, 1, 100, 7] {
        let mut first = scratch(len);
        first.fill(len as f32);
        let second = scratch(len);
        assert!(first.iter().all(|value| *value == len as f32) && second.len() == len);
        drop(first);
        thread::spawn(move || drop(second)).join().unwrap();
    }
    with_scratch([3, 0, 20], |[a, b, c]| {
        a.fill(1.0);
        c.fill(2.0);
        assert!(b.is_empty() && a.iter().all(|value| *value == 1.0) && c.iter().all(|value| *value == 2.0));
    });
}

#[test]
#[should_panic(expected = "a range lies inside its buffer")]
fn a_range_beyond_the_buffer_is_refused() {
    // SAFETY: it is refused.
    unsafe { Shared::new(&mut [0.0; 4]).read(2..5) };
}
