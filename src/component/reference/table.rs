//! What a component's reference consists of.

use schemars::Schema;

/// What becomes of a product's configuration key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// It is a key of ours, with the product's meaning.
    Implemented(&'static str),
    /// Its effect is there in another way.
    ModelledAs(&'static str),
    /// It has no effect, for this reason.
    LeftOut(&'static str),
    /// A metric that rules and dashboards can ask for by this name.
    Exported(&'static str),
    /// The same, of those that the second text says.
    ExportedOf(&'static str, &'static str),
}

/// A configuration key of the real product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProductKey {
    /// Its name, spelt as the product spells it.
    pub key: &'static str,
    /// Its default, in the product's own words.
    pub default: &'static str,
    /// The unit of a bare number; empty where there is none.
    pub unit: &'static str,
    /// What becomes of it.
    pub treatment: Treatment,
}

impl ProductKey {
    /// A key that is a key of ours.
    pub const fn is(
        key: &'static str,
        default: &'static str,
        unit: &'static str,
        ours: &'static str,
    ) -> Self {
        ProductKey { key, default, unit, treatment: Treatment::Implemented(ours) }
    }

    /// A key whose effect is there in another way.
    pub const fn like(
        key: &'static str,
        default: &'static str,
        unit: &'static str,
        how: &'static str,
    ) -> Self {
        ProductKey { key, default, unit, treatment: Treatment::ModelledAs(how) }
    }

    /// A key without an effect.
    pub const fn not(
        key: &'static str,
        default: &'static str,
        unit: &'static str,
        why: &'static str,
    ) -> Self {
        ProductKey { key, default, unit, treatment: Treatment::LeftOut(why) }
    }

    /// A metric that is exported, as this one.
    pub const fn shown(
        key: &'static str,
        kind: &'static str,
        unit: &'static str,
        name: &'static str,
    ) -> Self {
        ProductKey { key, default: kind, unit, treatment: Treatment::Exported(name) }
    }

    /// A metric that is exported, as this one, of some.
    pub const fn shown_of(
        key: &'static str,
        kind: &'static str,
        unit: &'static str,
        name: &'static str,
        of: &'static str,
    ) -> Self {
        ProductKey { key, default: kind, unit, treatment: Treatment::ExportedOf(name, of) }
    }
}

/// More of a product, or of another product of the same kind.
#[derive(Clone, Copy, Debug)]
pub struct Product {
    /// The heading: `Keys of NGINX 1.29`.
    pub title: &'static str,
    /// What its second column says: `default` for keys, `kind` for metrics, `when` for errors.
    pub column: &'static str,
    /// Where the names and defaults were read.
    pub source: &'static str,
    /// Its keys, metrics or errors.
    pub keys: &'static [ProductKey],
}

/// Keys of ours that stand together in a file.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Where they stand, such as `pools.<name>`.
    pub at: &'static str,
    /// The schema of their type.
    pub schema: fn() -> Schema,
}

/// The reference of one component.
#[derive(Clone, Copy, Debug)]
pub struct Reference {
    /// The component's name, which is its page's: `pool`.
    pub name: &'static str,
    /// Its section in a deployment: `pools`.
    pub section: &'static str,
    /// What it stands for and leaves out, in a few sentences.
    pub about: &'static str,
    /// The product and version whose keys are listed; empty if there is none.
    pub product: &'static str,
    /// Where the names and defaults were read; empty if there is no product.
    pub source: &'static str,
    /// Every key of the product.
    pub keys: &'static [ProductKey],
    /// Metrics and errors of the product, and what other products of the kind have.
    pub also: &'static [Product],
    /// Our keys.
    pub settings: &'static [Settings],
    /// A worked example: a file in docs/model-language.md.
    pub example: &'static str,
    /// What proves it: a file, and the name of a test or an oracle case in it.
    pub proofs: &'static [(&'static str, &'static str)],
}
