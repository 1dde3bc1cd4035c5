//! Amounts of money: whole minor units and a currency, never a fraction.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An ISO 4217 code such as `EUR`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
#[serde(into = "String", try_from = "String")]
#[cfg_attr(feature = "ssr", schemars(extend("pattern" = "^[A-Z]{3}$")))]
pub struct Currency([u8; 3]);

/// A text that is no currency's code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no currency: expected three capital letters, such as EUR")]
pub struct CurrencyError(String);

/// An amount of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(schemars::JsonSchema))]
pub struct Money {
    /// The amount in the currency's smallest unit: cents for `EUR`, whole yen for `JPY`. Negative for what is owed or
    /// has gone out.
    pub minor: i64,
    /// Which currency.
    pub currency: Currency,
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|letter| write!(f, "{}", char::from(*letter)))
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for Currency {
    type Err = CurrencyError;

    fn from_str(text: &str) -> Result<Self, CurrencyError> {
        match <[u8; 3]>::try_from(text.as_bytes()) {
            Ok(code) if code.iter().all(u8::is_ascii_uppercase) => Ok(Self(code)),
            _ => Err(CurrencyError(text.chars().take(20).collect())),
        }
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.to_string()
    }
}

impl TryFrom<String> for Currency {
    type Error = CurrencyError;

    fn try_from(text: String) -> Result<Self, CurrencyError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_currency_is_three_capital_letters() {
        assert_eq!("EUR".parse::<Currency>().unwrap().to_string(), "EUR");
        for text in ["", "eur", "EU", "EURO", "E1R", "ÄÖ"] {
            assert!(text.parse::<Currency>().is_err(), "{text:?} was taken for a currency");
        }
    }

    #[test]
    fn money_on_the_wire_is_a_whole_number_and_a_code() {
        let money = Money { minor: -2_000, currency: "EUR".parse().unwrap() };
        assert_eq!(serde_json::to_string(&money).unwrap(), r#"{"minor":-2000,"currency":"EUR"}"#);
    }
}
