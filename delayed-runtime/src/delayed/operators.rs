//! Operators between handles: `a + b`, `&a * 2`, `1 - a`, `-a`.
//!
//! Both sides may be handles, owned or borrowed, also of different types. A plain value on the right is of the left
//! side's own type (for any type beside handles Rust's coherence rules leave no room), a plain number on the left one
//! of the standard ones.

use std::marker::PhantomData;
use std::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Neg, Not, Rem, Shl, Shr, Sub};

use crate::arg::{Ready, Val};
use crate::delayed::Delayed;
use crate::error::{Made, made};
use crate::func::{CloneFn, Func, Info};
use crate::make::make;
use crate::value::Value;

macro_rules! binary {
    ($($op:ident $method:ident $sign:literal $task:ident: $($number:ty)*;)*) => {$(
        struct $task<L, R>(PhantomData<fn() -> (L, R)>);

        impl<L, R> Func for $task<L, R>
        where
            L: $op<R> + Value + Clone,
            R: Value + Clone,
            <L as $op<R>>::Output: Value,
        {
            type P = (Val<L>, Val<R>);
            type T = <L as $op<R>>::Output;
            const INFO: Info = Info::new($sign);
            const CLONE: CloneFn<Self::T> = None;

            fn call((left, right): Ready<Self::P>) -> Made<Self::T> {
                made(left.$method(right))
            }
        }

        binary!(@handles $op $method $task, Delayed<L>, Delayed<R>);
        binary!(@handles $op $method $task, Delayed<L>, &Delayed<R>);
        binary!(@handles $op $method $task, &Delayed<L>, Delayed<R>);
        binary!(@handles $op $method $task, &Delayed<L>, &Delayed<R>);
        binary!(@plain $op $method $task, Delayed<L>);
        binary!(@plain $op $method $task, &Delayed<L>);
        $(
            binary!(@left $op $method $task, $number, Delayed<$number>);
            binary!(@left $op $method $task, $number, &Delayed<$number>);
        )*
    )*};
    (@handles $op:ident $method:ident $task:ident, $left:ty, $right:ty) => {
        impl<L, R> $op<$right> for $left
        where
            L: $op<R> + Value + Clone,
            R: Value + Clone,
            <L as $op<R>>::Output: Value,
        {
            type Output = Delayed<<L as $op<R>>::Output>;

            #[track_caller]
            fn $method(self, right: $right) -> Self::Output {
                make::<$task<L, R>, _, _>((self, right))
            }
        }
    };
    (@plain $op:ident $method:ident $task:ident, $left:ty) => {
        impl<L> $op<L> for $left
        where
            L: $op<L> + Value + Clone,
            <L as $op<L>>::Output: Value,
        {
            type Output = Delayed<<L as $op<L>>::Output>;

            #[track_caller]
            fn $method(self, right: L) -> Self::Output {
                make::<$task<L, L>, _, _>((self, right))
            }
        }
    };
    (@left $op:ident $method:ident $task:ident, $number:ty, $right:ty) => {
        impl $op<$right> for $number {
            type Output = Delayed<$number>;

            #[track_caller]
            fn $method(self, right: $right) -> Self::Output {
                make::<$task<$number, $number>, _, _>((self, right))
            }
        }
    };
}

binary! {
    Add add "+" Addition: i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64;
    Sub sub "-" Subtraction: i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64;
    Mul mul "*" Multiplication: i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64;
    Div div "/" Division: i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64;
    Rem rem "%" Remainder: i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64;
    BitAnd bitand "&" And: i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize bool;
    BitOr bitor "|" Or: i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize bool;
    BitXor bitxor "^" Xor: i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize bool;
    Shl shl "<<" ShiftLeft: i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize;
    Shr shr ">>" ShiftRight: i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize;
}

macro_rules! unary {
    ($($op:ident $method:ident $sign:literal $task:ident;)*) => {$(
        struct $task<T>(PhantomData<fn() -> T>);

        impl<T: $op + Value + Clone> Func for $task<T>
        where
            <T as $op>::Output: Value,
        {
            type P = (Val<T>,);
            type T = <T as $op>::Output;
            const INFO: Info = Info::new($sign);
            const CLONE: CloneFn<Self::T> = None;

            fn call((operand,): Ready<Self::P>) -> Made<Self::T> {
                made(operand.$method())
            }
        }

        unary!(@ $op $method $task, Delayed<T>);
        unary!(@ $op $method $task, &Delayed<T>);
    )*};
    (@ $op:ident $method:ident $task:ident, $operand:ty) => {
        impl<T: $op + Value + Clone> $op for $operand
        where
            <T as $op>::Output: Value,
        {
            type Output = Delayed<<T as $op>::Output>;

            #[track_caller]
            fn $method(self) -> Self::Output {
                make::<$task<T>, _, _>((self,))
            }
        }
    };
}

unary! {
    Neg neg "-" Negation;
    Not not "!" Inversion;
}
