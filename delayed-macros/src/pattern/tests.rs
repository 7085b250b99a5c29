//! Written types and their patterns, as text.

use super::*;

fn pattern(text: &str) -> String {
    let ty: Type = syn::parse_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let path: syn::Path = syn::parse_quote!(p);
    let mut errors = Errors::default();
    match of_parameter(&ty, "x", &mut errors) {
        Some(pattern) => pattern.to_type(&Runtime::new(Some(&path))).to_string().replace("p :: __private :: ", ""),
        None => errors.messages().join(" | "),
    }
    .replace(' ', "")
}

#[test]
fn every_written_type_has_its_pattern() {
    for (written, expected) in [
        ("i64", "Val<i64>"),
        ("&'static str", "Val<&'staticstr>"),
        ("&'a Model", "Ref<Model>"),
        ("&str", "Text"),
        ("&String", "Text"),
        ("std::string::String", "TextOwned"),
        ("&std::path::Path", "PathRef"),
        ("&PathBuf", "PathRef"),
        ("PathBuf", "PathOwned"),
        ("&[f64]", "SliceOf<f64>"),
        ("&[Vec<String>]", "Slice<Seq<TextOwned>>"),
        ("&[&Model]", "Each<Ref<Model>>"),
        ("&[&str]", "Each<Text>"),
        ("&[&[u8]]", "Each<SliceOf<u8>>"),
        ("&[&'static str]", "SliceOf<&'staticstr>"),
        ("&Vec<f64>", "Ref<Vec<f64>>"),
        ("&dyn Shape", "DynRef<dynShape>"),
        ("&(dyn Shape + Send + Sync)", "DynRef<dynShape+Send+Sync>"),
        ("Vec<(i64, String)>", "Seq<Tup<(Val<i64>,TextOwned,)>>"),
        ("Option<Vec<T>>", "Opt<Seq<Val<T>>>"),
        ("Option<&Model>", "Opt<Ref<Model>>"),
        ("Option<&[u8]>", "Opt<SliceOf<u8>>"),
        ("Option<Option<i64>>", "Opt<Val<Option<i64>>>"),
        ("Option<[u8; 2]>", "Opt<Arr<Val<u8>,2>>"),
        ("Option<(u8, String)>", "Opt<Tup<(Val<u8>,TextOwned,)>>"),
        ("[String; N]", "Arr<TextOwned,N>"),
        ("[u8; 2 * N]", "Arr<Val<u8>,{2*N}>"),
        ("HashMap<String, Vec<i64>>", "HMap<String,Seq<Val<i64>>>"),
        ("HashMap<String, i64, S>", "Val<HashMap<String,i64,S>>"),
        ("BTreeMap<u8, i64>", "BMap<u8,Val<i64>>"),
        ("()", "Val<()>"),
        ("Box<dyn Fn(&str) + Send>", "Val<Box<dynFn(&str)+Send>>"),
        ("my::Vec<i64>", "Val<my::Vec<i64>>"),
    ] {
        assert_eq!(pattern(written), expected, "{written}");
    }
}

#[test]
fn a_long_tuple_is_taken_whole() {
    assert_eq!(pattern("(u8, u8, u8, u8, u8, u8, u8, u8, u8)"), "Val<(u8,u8,u8,u8,u8,u8,u8,u8,u8)>");
}

#[test]
fn a_borrow_in_the_wrong_place_says_what_to_write() {
    for (written, part) in [
        ("&mut i64", "take`x`byvalueandreturnthenewone"),
        ("Vec<&str>", "take`&[&str]`,orownitselements:`String`"),
        ("&&i64", "take`&T`"),
        ("(&str, i64)", "take`String`there"),
        ("Cow<'a, str>", "`'a`makesthisatypethatborrows"),
        ("Option<Option<&str>>", "take`String`there"),
        ("&[&mut i64]", "cannottake`&mut`"),
    ] {
        assert!(pattern(written).contains(part), "{written}: {}", pattern(written));
    }
    assert_eq!(pattern("(&str, &str)").matches('|').count(), 1, "both borrows are reported");
}
