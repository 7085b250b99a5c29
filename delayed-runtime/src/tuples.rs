//! The lists of tuples for which something is implemented, in one place.

/// Calls `$implement!` with the tuples of 1 to 8 elements, each as `(P0 X0 0, P1 X1 1, ..);`: two names of types and
/// the index of an element. These are the tuples of one parameter.
macro_rules! tuples_to_8 {
    ($implement:ident) => {
        $implement! {
            (P0 X0 0);
            (P0 X0 0, P1 X1 1);
            (P0 X0 0, P1 X1 1, P2 X2 2);
            (P0 X0 0, P1 X1 1, P2 X2 2, P3 X3 3);
            (P0 X0 0, P1 X1 1, P2 X2 2, P3 X3 3, P4 X4 4);
            (P0 X0 0, P1 X1 1, P2 X2 2, P3 X3 3, P4 X4 4, P5 X5 5);
            (P0 X0 0, P1 X1 1, P2 X2 2, P3 X3 3, P4 X4 4, P5 X5 5, P6 X6 6);
            (P0 X0 0, P1 X1 1, P2 X2 2, P3 X3 3, P4 X4 4, P5 X5 5, P6 X6 6, P7 X7 7);
        }
    };
}

/// The same with those of no element and of 9 to 12: parameter lists and shapes.
macro_rules! tuples_to_12 {
    ($implement:ident) => {
        $implement! {
            ();
        }
        $crate::tuples::tuples_to_8!($implement);
        $implement! {
            (P0 X0 0, P1 X1 1, P2 X2 2, P3 X3 3, P4 X4 4, P5 X5 5, P6 X6 6, P7 X7 7, P8 X8 8);
            (P0 X0 0, P1 X1 1, P2 X2 2, P3 X3 3, P4 X4 4, P5 X5 5, P6 X6 6, P7 X7 7, P8 X8 8, P9 X9 9);
            (P0 X0 0, P1 X1 1, P2 X2 2, P3 X3 3, P4 X4 4, P5 X5 5, P6 X6 6, P7 X7 7, P8 X8 8, P9 X9 9, P10 X10 10);
            (P0 X0 0, P1 X1 1, P2 X2 2, P3 X3 3, P4 X4 4, P5 X5 5, P6 X6 6, P7 X7 7, P8 X8 8, P9 X9 9, P10 X10 10, P11 X11 11);
        }
    };
}

pub(crate) use {tuples_to_8, tuples_to_12};
