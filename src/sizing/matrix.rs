//! Small dense matrices for chains with a few hundred states a level.

use std::ops::{Index, IndexMut};

use super::SizingError;
use super::guard::Sized;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Matrix {
    pub(super) rows: usize,
    pub(super) cols: usize,
    cells: Vec<f64>,
}

impl Matrix {
    pub(super) fn zeros(rows: usize, cols: usize) -> Self {
        Matrix { rows, cols, cells: vec![0.0; rows * cols] }
    }

    pub(super) fn identity(size: usize) -> Self {
        let mut one = Matrix::zeros(size, size);
        for i in 0..size {
            one[(i, i)] = 1.0;
        }
        one
    }

    pub(super) fn row(&self, i: usize) -> &[f64] {
        &self.cells[i * self.cols..(i + 1) * self.cols]
    }

    pub(super) fn row_sum(&self, i: usize) -> f64 {
        self.row(i).iter().sum()
    }

    pub(super) fn times(&self, other: &Matrix) -> Matrix {
        let mut product = Matrix::zeros(self.rows, other.cols);
        for i in 0..self.rows {
            for k in 0..self.cols {
                let factor = self[(i, k)];
                if factor != 0.0 {
                    for j in 0..other.cols {
                        product[(i, j)] += factor * other[(k, j)];
                    }
                }
            }
        }
        product
    }

    pub(super) fn minus(&self, other: &Matrix) -> Matrix {
        let cells = self.cells.iter().zip(&other.cells).map(|(a, b)| a - b).collect();
        Matrix { rows: self.rows, cols: self.cols, cells }
    }

    /// The row vector `v` times this matrix.
    pub(super) fn after(&self, v: &[f64]) -> Vec<f64> {
        let mut product = vec![0.0; self.cols];
        for (i, &factor) in v.iter().enumerate().filter(|(_, factor)| **factor != 0.0) {
            for (sum, cell) in product.iter_mut().zip(self.row(i)) {
                *sum += factor * cell;
            }
        }
        product
    }

    pub(super) fn largest_difference(&self, other: &Matrix) -> f64 {
        self.cells.iter().zip(&other.cells).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    }

    /// Solves `self · X = right` by elimination with row exchanges.
    pub(super) fn solve(mut self, mut right: Matrix) -> Sized<Matrix> {
        let n = self.rows;
        for k in 0..n {
            let mut pivot = k;
            for i in k + 1..n {
                if self[(i, k)].abs() > self[(pivot, k)].abs() {
                    pivot = i;
                }
            }
            if self[(pivot, k)] == 0.0 || !self[(pivot, k)].is_finite() {
                return Err(SizingError::NoConvergence { what: "a singular system of equations" });
            }
            self.swap_rows(k, pivot);
            right.swap_rows(k, pivot);
            for i in k + 1..n {
                let factor = self[(i, k)] / self[(k, k)];
                if factor != 0.0 {
                    self.subtract_row(i, k, factor, k);
                    right.subtract_row(i, k, factor, 0);
                }
            }
        }
        for k in (0..n).rev() {
            let pivot = self[(k, k)];
            for j in 0..right.cols {
                right[(k, j)] /= pivot;
            }
            for i in 0..k {
                let factor = self[(i, k)];
                if factor != 0.0 {
                    right.subtract_row(i, k, factor, 0);
                }
            }
        }
        Ok(right)
    }

    pub(super) fn inverse(self) -> Sized<Matrix> {
        let one = Matrix::identity(self.rows);
        self.solve(one)
    }

    fn swap_rows(&mut self, a: usize, b: usize) {
        if a != b {
            for j in 0..self.cols {
                self.cells.swap(a * self.cols + j, b * self.cols + j);
            }
        }
    }

    fn subtract_row(&mut self, from: usize, row: usize, factor: f64, first: usize) {
        for j in first..self.cols {
            let cell = self[(row, j)];
            self[(from, j)] -= factor * cell;
        }
    }
}

impl Index<(usize, usize)> for Matrix {
    type Output = f64;
    fn index(&self, (i, j): (usize, usize)) -> &f64 {
        &self.cells[i * self.cols + j]
    }
}

impl IndexMut<(usize, usize)> for Matrix {
    fn index_mut(&mut self, (i, j): (usize, usize)) -> &mut f64 {
        &mut self.cells[i * self.cols + j]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inverse_undoes_the_matrix() {
        let mut a = Matrix::identity(3);
        a[(0, 1)] = 2.0;
        a[(1, 0)] = 3.0;
        a[(2, 1)] = -1.0;
        a[(0, 0)] = 0.0;
        let one = a.clone().inverse().unwrap().times(&a);
        assert!(one.largest_difference(&Matrix::identity(3)) < 1e-14);
    }

    #[test]
    fn a_singular_matrix_is_an_error() {
        assert!(Matrix::zeros(2, 2).inverse().is_err());
    }
}
