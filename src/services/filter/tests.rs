// SPDX-License-Identifier: MIT OR Apache-2.0
//! Against a reference in double precision, and against messages that no sender should send.

use std::vec::Vec;

use super::*;

const SENDER: u32 = 0x400;

type Biquad = [f64; 5];

/// A Butterworth low pass of fourth order, and a notch, at fractions of the sampling rate; after R. Bristow-Johnson's
/// "Cookbook formulae for audio EQ biquad filter coefficients".
fn low_pass(at: f64, q: f64) -> Biquad {
    let (sin, cos) = (std::f64::consts::TAU * at).sin_cos();
    let (alpha, a0) = (sin / (2.0 * q), 1.0 + sin / (2.0 * q));
    [(1.0 - cos) / 2.0 / a0, (1.0 - cos) / a0, (1.0 - cos) / 2.0 / a0, -2.0 * cos / a0, (1.0 - alpha) / a0]
}

fn notch(at: f64, q: f64) -> Biquad {
    let (sin, cos) = (std::f64::consts::TAU * at).sin_cos();
    let (alpha, a0) = (sin / (2.0 * q), 1.0 + sin / (2.0 * q));
    [1.0 / a0, -2.0 * cos / a0, 1.0 / a0, -2.0 * cos / a0, (1.0 - alpha) / a0]
}

/// Transposed direct form II, so other sums than the filter's own.
fn reference(sections: &[Biquad], samples: &[f64]) -> Vec<f64> {
    let mut out = samples.to_vec();
    for [b0, b1, b2, a1, a2] in sections {
        let (mut s1, mut s2) = (0.0, 0.0);
        for sample in &mut out {
            let (x, y) = (*sample, b0 * *sample + s1);
            (s1, s2) = (b1 * x - a1 * y + s2, b2 * x - a2 * y);
            *sample = y;
        }
    }
    out
}

/// Noise of a linear congruential generator, -0.5 to 0.5, and a tone.
fn signal(count: usize) -> Vec<f64> {
    let mut seed = 1u32;
    let noise = (0..count).map(|i| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(seed as i32) / 4_294_967_296.0 * 0.5 + 0.25 * (i as f64 * 0.02).sin()
    });
    noise.collect()
}

/// A number format as its sender sees it.
struct Numbers {
    format: u8,
    sample: fn(f64) -> Vec<u8>,
    coefficient: fn(f64) -> Vec<u8>,
    sample_value: fn(&[u8]) -> f64,
    coefficient_value: fn(&[u8]) -> f64,
}

fn q15(value: f64) -> Vec<u8> {
    ((value * 32768.0).round() as i16).to_le_bytes().to_vec()
}

fn q31(value: f64) -> Vec<u8> {
    ((value * 2_147_483_648.0).round() as i32).to_le_bytes().to_vec()
}

fn single(value: f64) -> Vec<u8> {
    (value as f32).to_le_bytes().to_vec()
}

fn of_q15(bytes: &[u8]) -> f64 {
    f64::from(i16::from_le_bytes(bytes.try_into().unwrap())) / 32768.0
}

fn of_q31(bytes: &[u8]) -> f64 {
    f64::from(i32::from_le_bytes(bytes.try_into().unwrap())) / 2_147_483_648.0
}

fn of_single(bytes: &[u8]) -> f64 {
    f32::from_le_bytes(bytes.try_into().unwrap()).into()
}

const Q15: Numbers = Numbers {
    format: 1,
    sample: q15,
    coefficient: |value| q15(value / 2.0),
    sample_value: of_q15,
    coefficient_value: |bytes| of_q15(bytes) * 2.0,
};

const Q31: Numbers = Numbers {
    format: 2,
    sample: q31,
    coefficient: |value| q31(value / 2.0),
    sample_value: of_q31,
    coefficient_value: |bytes| of_q31(bytes) * 2.0,
};

const F32: Numbers =
    Numbers { format: 3, sample: single, coefficient: single, sample_value: of_single, coefficient_value: of_single };

fn service() -> Filter<2> {
    Filter::new(Counter::Ccount, || 0)
}

fn message(kind: u8, format: u8, count: usize, body: &[u8]) -> Vec<u8> {
    let mut message = std::vec![kind, format, count as u8, (count >> 8) as u8, 0xde, 0xad, 0xbe, 0xef];
    message.resize(16, 0);
    message.extend(body);
    message
}

fn ask<const N: usize>(service: &mut Filter<N>, source: u32, message: &[u8]) -> Vec<u8> {
    let mut frame = [0; LONGEST];
    let read = message.len().min(LONGEST);
    frame[..read].copy_from_slice(&message[..read]);
    let (status, len) = service.answer(source, &mut frame, message.len());
    assert_eq!(frame[8], status as u8);
    frame[..len].to_vec()
}

fn coefficients(numbers: &Numbers, sections: &[Biquad]) -> Vec<u8> {
    let body: Vec<u8> = sections.iter().flatten().flat_map(|value| (numbers.coefficient)(*value)).collect();
    message(1, numbers.format, sections.len(), &body)
}

fn block(numbers: &Numbers, samples: &[f64]) -> Vec<u8> {
    let body: Vec<u8> = samples.iter().flat_map(|value| (numbers.sample)(*value)).collect();
    message(2, numbers.format, samples.len(), &body)
}

fn values(bytes: &[u8], value: fn(&[u8]) -> f64, size: usize) -> Vec<f64> {
    bytes.chunks_exact(size).map(value).collect()
}

/// The greatest difference to the reference, which has the same coefficients and samples, as rounded as those sent.
fn error(numbers: &Numbers, sections: &[Biquad], samples: &[f64]) -> f64 {
    let mut service = service();
    let size = (numbers.sample)(0.0).len();
    let design = coefficients(numbers, sections);
    assert_eq!(ask(&mut service, SENDER, &design)[8..], [0; 8]);
    let sent = values(&design[16..], numbers.coefficient_value, size);
    let sections: Vec<Biquad> = sent.chunks_exact(5).map(|five| five.try_into().unwrap()).collect();
    let (mut sent, mut got) = (Vec::new(), Vec::new());
    for part in samples.chunks(480 / size) {
        let message = block(numbers, part);
        let answer = ask(&mut service, SENDER, &message);
        assert_eq!(answer.len(), message.len());
        assert_eq!(answer[..10], [0x82, numbers.format, message[2], message[3], 0xde, 0xad, 0xbe, 0xef, 0, 1]);
        sent.extend(values(&message[16..], numbers.sample_value, size));
        got.extend(values(&answer[16..], numbers.sample_value, size));
    }
    reference(&sections, &sent).iter().zip(&got).map(|(right, is)| (right - is).abs()).fold(0.0, f64::max)
}

/// Low pass of fourth order, and a notch.
fn wide() -> Vec<Biquad> {
    std::vec![low_pass(0.08, 0.541_196_1), low_pass(0.08, 1.306_563), notch(0.2, 2.0)]
}

/// Poles near 1: 100 Hz of 48 kHz.
fn narrow() -> Vec<Biquad> {
    std::vec![low_pass(100.0 / 48000.0, std::f64::consts::FRAC_1_SQRT_2)]
}

/// The accuracy that docs/filter.md states: a bit of Q15, a bit of Q31, 1 for f32.
fn check(sections: &[Biquad], q15: f64, q31: f64, single: f64) {
    let samples = signal(20_000);
    let bits = |numbers, bits: i32| error(numbers, sections, &samples) * f64::from(bits).exp2();
    let errors = [bits(&Q15, 15), bits(&Q31, 31), bits(&F32, 0)];
    assert!(errors[0] <= q15 && errors[1] <= q31 && errors[2] <= single, "{errors:?}");
}

#[test]
fn as_accurate_as_stated() {
    check(&wide(), 3.0, 3.0, 1e-6);
}

#[test]
fn as_accurate_as_stated_with_poles_near_1() {
    check(&narrow(), 32.0, 32.0, 1e-5);
}

/// What passes everything: b0 is 1.
const WIRE: Biquad = [1.0, 0.0, 0.0, 0.0, 0.0];

/// What counts up by half of what comes in, nearly.
const LOUD: Biquad = [1.0, 0.0, 0.0, -0.9, 0.0];

fn with_filter(numbers: &Numbers, sections: &[Biquad]) -> Filter<2> {
    let mut service = service();
    assert_eq!(ask(&mut service, SENDER, &coefficients(numbers, sections))[8], Status::Done as u8);
    service
}

#[test]
fn a_full_message_comes_back_through_a_filter_that_does_nothing() {
    for numbers in [Q15, Q31, F32] {
        let mut service = with_filter(&numbers, &[WIRE; 8]);
        let message = block(&numbers, &signal(480 / (numbers.sample)(0.0).len()));
        assert_eq!(message.len(), LONGEST);
        assert_eq!(ask(&mut service, SENDER, &message)[16..], message[16..]);
    }
}

#[test]
fn cycles_are_those_of_a_block_and_their_counter_is_named() {
    fn each_reading() -> u32 {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NOW: AtomicU32 = AtomicU32::new(u32::MAX - 10);
        NOW.fetch_add(1000, Ordering::Relaxed)
    }
    for (counter, code) in [(Counter::Ccount, 1), (Counter::SysTick, 2)] {
        let mut service = Filter::<2>::new(counter, each_reading);
        let design = ask(&mut service, SENDER, &coefficients(&Q15, &[WIRE]));
        assert_eq!(design, [0x81, 1, 1, 0, 0xde, 0xad, 0xbe, 0xef, 0, 0, 0, 0, 0, 0, 0, 0]);
        let answer = ask(&mut service, SENDER, &block(&Q15, &[0.5]));
        assert_eq!(answer, [0x82, 1, 1, 0, 0xde, 0xad, 0xbe, 0xef, 0, code, 0, 0, 0xe8, 3, 0, 0, 0, 0x40]);
    }
}

#[test]
fn what_does_not_fit_is_the_nearest_that_does() {
    for numbers in [Q15, Q31] {
        for sign in [-1.0, 1.0] {
            let mut service = with_filter(&numbers, &[LOUD, WIRE]);
            let size = (numbers.sample)(0.0).len();
            let loud = ask(&mut service, SENDER, &block(&numbers, &[0.75 * sign; 100]));
            let loud = values(&loud[16..], numbers.sample_value, size);
            assert!(loud[5..].iter().all(|value| (value - sign).abs() < 1e-4), "{loud:?}");
        }
    }
}

#[test]
fn every_sender_has_a_filter_of_its_own() {
    let mut service = with_filter(&F32, &[low_pass(0.01, 0.7)]);
    ask(&mut service, SENDER + 1, &coefficients(&F32, &[WIRE]));
    let samples = block(&F32, &signal(120));
    let first = ask(&mut service, SENDER, &samples);
    assert_eq!(ask(&mut service, SENDER + 1, &samples)[16..], samples[16..]);
    // Coefficients make it forget what it heard.
    ask(&mut service, SENDER, &coefficients(&F32, &[low_pass(0.01, 0.7)]));
    assert_eq!(ask(&mut service, SENDER, &samples), first);
    assert_ne!(ask(&mut service, SENDER, &samples), first);
}

#[test]
fn the_sender_that_was_silent_for_longest_makes_room() {
    let mut service = service();
    let (design, samples) = (coefficients(&Q15, &[WIRE]), block(&Q15, &[0.5]));
    let has_filter = |service: &mut Filter<2>, source| ask(service, source, &samples)[8] == Status::Done as u8;
    ask(&mut service, 1, &design);
    ask(&mut service, 2, &design);
    assert!(has_filter(&mut service, 1));
    ask(&mut service, 3, &design);
    assert!(!has_filter(&mut service, 2));
    assert!(has_filter(&mut service, 1) && has_filter(&mut service, 3));
    service.forget();
    assert!(!has_filter(&mut service, 1) && !has_filter(&mut service, 3));
}

/// Asks what is refused; the answer has nothing but a header with the message's own bytes.
fn refused<const N: usize>(service: &mut Filter<N>, message: &[u8]) -> u8 {
    let answer = ask(service, SENDER, message);
    assert_eq!(answer.len(), 16);
    assert_eq!(answer[9..], [0; 7]);
    assert_eq!(answer[2..4], [0; 2]);
    if message.len() >= 16 {
        assert_eq!(answer[..2], [message[0] | 0x80, message[1]]);
        assert_eq!(answer[4..8], message[4..8]);
    }
    answer[8]
}

#[test]
fn what_is_malformed_is_refused_and_changes_no_filter() {
    let mut service = with_filter(&F32, &[low_pass(0.01, 0.7)]);
    let mut undisturbed = with_filter(&F32, &[low_pass(0.01, 0.7)]);
    let samples = block(&F32, &signal(120));
    ask(&mut service, SENDER, &samples);
    ask(&mut undisturbed, SENDER, &samples);

    for len in (0..samples.len()).chain([LONGEST + 1, 65_535]) {
        let mut message = samples.clone();
        message.resize(len, 0);
        assert_eq!(refused(&mut service, &message), Status::Length as u8, "{len} bytes");
    }
    for reserved in 8..16 {
        let mut message = samples.clone();
        message[reserved] = 1;
        assert_eq!(refused(&mut service, &message), Status::Length as u8, "byte {reserved}");
    }
    for kind in (0..=255).filter(|kind| ![1, 2].contains(kind)) {
        assert_eq!(refused(&mut service, &message(kind, 3, 1, &[0; 4])), Status::Kind as u8);
    }
    for format in (0..=255).filter(|format| ![1, 2, 3].contains(format)) {
        assert_eq!(refused(&mut service, &message(2, format, 1, &[0; 4])), Status::Format as u8);
    }
    assert_eq!(refused(&mut service, &message(2, 2, 1, &[0; 4])), Status::Format as u8);
    assert_eq!(refused(&mut service, &message(1, 3, 0, &[])), Status::Count as u8);
    assert_eq!(refused(&mut service, &message(2, 3, 0, &[])), Status::Count as u8);
    assert_eq!(refused(&mut service, &message(1, 1, 9, &[0; 90])), Status::Count as u8);
    assert_eq!(refused(&mut service, &message(1, 1, 65_535, &[0; 90])), Status::Count as u8);
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(refused(&mut service, &block(&F32, &[0.0, bad])), Status::Sample as u8);
        for at in 0..5 {
            let mut section = WIRE;
            section[at] = bad;
            assert_eq!(refused(&mut service, &coefficients(&F32, &[WIRE, section])), Status::Coefficient as u8);
        }
    }
    assert_eq!(ask(&mut service, SENDER, &samples), ask(&mut undisturbed, SENDER, &samples));
}

#[test]
fn sections_that_are_not_stable_are_refused() {
    let mut service = service();
    for numbers in [Q15, Q31, F32] {
        for (a1, a2) in [(-1.0, 0.0), (1.0, 0.0), (0.0, 1.0), (0.0, -1.0), (-1.5, 0.5), (1.9, 0.8), (-2.0, 0.0)] {
            let design = coefficients(&numbers, &[[1.0, 0.0, 0.0, a1, a2]]);
            assert_eq!(refused(&mut service, &design), Status::Coefficient as u8, "{a1} {a2}");
        }
        for (a1, a2) in [(-0.99, 0.0), (0.99, 0.0), (0.0, 0.99), (0.0, -0.99), (-1.9, 0.95), (1.9, 0.95)] {
            let design = coefficients(&numbers, &[[1.0, 0.0, 0.0, a1, a2]]);
            assert_eq!(ask(&mut service, SENDER, &design)[8], Status::Done as u8, "{a1} {a2}");
        }
    }
}

#[test]
fn who_has_no_filter_is_told() {
    for numbers in [Q15, Q31, F32] {
        assert_eq!(refused(&mut service(), &block(&numbers, &[0.0])), Status::NoFilter as u8);
        assert_eq!(refused(&mut Filter::<0>::new(Counter::Ccount, || 0), &coefficients(&numbers, &[WIRE])), 6);
    }
}

#[test]
fn a_filter_that_overflowed_starts_from_silence() {
    let mut service = with_filter(&F32, &[LOUD]);
    assert_eq!(refused(&mut service, &block(&F32, &[f64::from(f32::MAX); 20])), Status::Overflow as u8);
    let answer = ask(&mut service, SENDER, &block(&F32, &[0.5, 0.0]));
    assert_eq!(values(&answer[16..], of_single, 4), [0.5, f64::from(0.5 * 0.9_f32)]);
}
