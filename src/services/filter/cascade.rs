// SPDX-License-Identifier: MIT OR Apache-2.0
//! Biquads one behind the other, in direct form I: it needs no number beyond those of its input and output, which
//! fixed point could not hold.
#![forbid(unsafe_code)]

use heapless::Vec;

use super::number::Number;
use super::wire::{COEFFICIENTS, MAX_SECTIONS, Status};

#[derive(Clone, Copy)]
struct Section<T: Number> {
    /// b0 b1 b2 a1 a2.
    coefficients: [T; COEFFICIENTS],
    /// The inputs and the outputs before, the newest first.
    inputs: [T; 2],
    outputs: [T; 2],
    rest: T::Rest,
}

impl<T: Number> Section<T> {
    fn new(coefficients: [T; COEFFICIENTS]) -> Self {
        Self { coefficients, inputs: [T::default(); 2], outputs: [T::default(); 2], rest: T::Rest::default() }
    }

    #[inline(always)]
    fn step(&mut self, x: T) -> T {
        let ([x1, x2], [y1, y2]) = (self.inputs, self.outputs);
        let y = T::section(&self.coefficients, &[x, x1, x2, y1, y2], &mut self.rest);
        self.inputs = [x, x1];
        self.outputs = [y, y1];
        y
    }
}

/// A filter and what it remembers.
pub struct Cascade<T: Number>(Vec<Section<T>, MAX_SECTIONS>);

impl<T: Number> Cascade<T> {
    /// A filter of coefficients as in a message, and of silence so far.
    pub fn new(body: &[u8]) -> Result<Self, Status> {
        let mut sections = Vec::new();
        for section in body.chunks_exact(COEFFICIENTS * T::SIZE) {
            let mut coefficients = [T::default(); COEFFICIENTS];
            for (coefficient, bytes) in coefficients.iter_mut().zip(section.chunks_exact(T::SIZE)) {
                *coefficient = T::get(bytes);
            }
            let [.., a1, a2] = coefficients;
            if !coefficients.iter().all(|c| c.is_number()) || !T::is_stable(a1, a2) {
                return Err(Status::Coefficient);
            }
            sections.push(Section::new(coefficients)).map_err(|_| Status::Count)?;
        }
        Ok(Self(sections))
    }

    /// Filters samples as in a message, in place.
    pub fn run(&mut self, body: &mut [u8]) -> Result<(), Status> {
        if !body.chunks_exact(T::SIZE).all(|sample| T::get(sample).is_number()) {
            return Err(Status::Sample);
        }
        for section in &mut self.0 {
            for sample in body.chunks_exact_mut(T::SIZE) {
                section.step(T::get(sample)).put(sample);
            }
        }
        // What is no number stays none: the last output tells.
        if self.0.iter().all(|section| section.outputs[0].is_number()) {
            return Ok(());
        }
        for section in &mut self.0 {
            *section = Section::new(section.coefficients);
        }
        Err(Status::Overflow)
    }
}
