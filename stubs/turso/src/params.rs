use rusqlite::types::Value;

/// Values for `?1`, `?2`, … of a statement: a tuple of up to four.
pub trait IntoParams {
    fn into_params(self) -> Vec<Value>;
}

impl IntoParams for () {
    fn into_params(self) -> Vec<Value> {
        Vec::new()
    }
}

macro_rules! tuples {
    ($(($($name:ident)+))+) => {$(
        impl<$($name: Param),+> IntoParams for ($($name,)+) {
            #[allow(non_snake_case)]
            fn into_params(self) -> Vec<Value> {
                let ($($name,)+) = self;
                vec![$($name.value()),+]
            }
        }
    )+};
}
tuples! { (A) (A B) (A B C) (A B C D) }

/// What stands for one value.
pub trait Param {
    fn value(self) -> Value;
}

impl Param for &str {
    fn value(self) -> Value {
        Value::Text(self.to_string())
    }
}

impl Param for String {
    fn value(self) -> Value {
        Value::Text(self)
    }
}

impl Param for Vec<u8> {
    fn value(self) -> Value {
        Value::Blob(self)
    }
}

impl Param for i64 {
    fn value(self) -> Value {
        Value::Integer(self)
    }
}
