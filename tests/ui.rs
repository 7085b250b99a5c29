//! What the compiler says of mistakes: one mistake a file, named after it.

#[test]
fn mistakes_are_told_at_the_users_own_tokens() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
