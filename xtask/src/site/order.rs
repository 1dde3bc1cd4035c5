//! The order of a module's functions: those that resemble each other stand side by side, so that brotli finds near what it
//! can refer to. Compressed, the main part is a thirtieth smaller for it; its content is the same.

use std::convert::Infallible;

use anyhow::{Context, Result};
use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{CodeSection, FunctionSection, Module};
use wasmparser::{CodeSectionReader, FunctionSectionReader, Parser, Payload, TypeRef};

use super::likeness;

/// The module with its functions in another order. Whatever names a function by its number follows.
pub(super) fn by_likeness(module: &[u8]) -> Result<Vec<u8>> {
    let (mut imported, mut bodies) = (0, Vec::new());
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                }
            }
            Payload::CodeSectionEntry(body) => bodies.push(body.as_bytes()),
            _ => {}
        }
    }
    let order = likeness::order(&bodies);
    let mut places = vec![0; order.len()];
    for (place, function) in (imported..).zip(&order) {
        places[*function] = place;
    }
    let mut ordered = Module::new();
    Renumbering { imported, order, places }
        .parse_core_module(&mut ordered, Parser::new(0), module)
        .context("putting the functions of the WebAssembly in order")?;
    Ok(ordered.finish())
}

struct Renumbering {
    /// How many functions come from outside: theirs are the first numbers, and stay.
    imported: u32,
    /// The module's own functions as they are to stand, by their place among its own.
    order: Vec<usize>,
    /// The new number of each of them.
    places: Vec<u32>,
}

impl Reencode for Renumbering {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<Infallible>> {
        let Some(own) = function.checked_sub(self.imported) else { return Ok(function) };
        usize::try_from(own).ok().and_then(|own| self.places.get(own).copied()).ok_or(Error::InvalidCodeSectionSize)
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        let types = section.into_iter().collect::<Result<Vec<_>, _>>()?;
        for function in self.order.clone() {
            functions.function(self.type_index(types[function])?);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        let bodies = section.into_iter().collect::<Result<Vec<_>, _>>()?;
        for function in self.order.clone() {
            self.parse_function_body(code, bodies[function].clone())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{
        EntityType, ExportKind, ExportSection, Function, ImportSection, Instruction, TypeSection, ValType,
    };

    /// A module that imports a function, and has three of its own: two alike, and one between them that calls the last.
    fn module() -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([], []);
        types.ty().function([], [ValType::I32]);
        let mut imports = ImportSection::new();
        imports.import("env", "outside", EntityType::Function(0));
        let mut functions = FunctionSection::new();
        functions.function(1).function(0).function(1);
        let mut exports = ExportSection::new();
        for (name, function) in [("first", 1), ("caller", 2), ("last", 3)] {
            exports.export(name, ExportKind::Func, function);
        }
        let mut code = CodeSection::new();
        let number = |last| {
            let mut function = Function::new([]);
            for _ in 0..40 {
                function.instruction(&Instruction::I32Const(300_000)).instruction(&Instruction::Drop);
            }
            function.instruction(&Instruction::I32Const(last)).instruction(&Instruction::End);
            function
        };
        let mut caller = Function::new([]);
        for _ in 0..30 {
            caller.instruction(&Instruction::Call(0));
        }
        caller.instruction(&Instruction::Call(3)).instruction(&Instruction::Drop).instruction(&Instruction::End);
        code.function(&number(1)).function(&caller).function(&number(2));
        let mut module = Module::new();
        module.section(&types).section(&imports).section(&functions).section(&exports).section(&code);
        module.finish()
    }

    /// The exports, each with its function's number, type and body.
    fn exports(module: &[u8]) -> Vec<(String, u32, u32, Vec<u8>)> {
        let (mut types, mut exports, mut bodies) = (Vec::new(), Vec::new(), Vec::new());
        for payload in Parser::new(0).parse_all(module) {
            match payload.unwrap() {
                Payload::FunctionSection(it) => types = it.into_iter().map(Result::unwrap).collect(),
                Payload::ExportSection(it) => exports = it.into_iter().map(Result::unwrap).collect(),
                Payload::CodeSectionEntry(it) => bodies.push(it.as_bytes().to_vec()),
                _ => {}
            }
        }
        let own = |index: u32| usize::try_from(index - 1).unwrap();
        let describe = |it: wasmparser::Export<'_>| {
            (it.name.to_owned(), it.index, types[own(it.index)], bodies[own(it.index)].clone())
        };
        exports.into_iter().map(describe).collect()
    }

    #[test]
    fn what_is_alike_stands_together_and_every_name_still_means_the_same() {
        let (before, after) = (exports(&module()), exports(&by_likeness(&module()).unwrap()));
        let of = |all: &[(String, u32, u32, Vec<u8>)], name: &str| all.iter().find(|it| it.0 == name).unwrap().clone();
        for name in ["first", "last"] {
            let ((.., type_before, body_before), (.., type_after, body_after)) = (of(&before, name), of(&after, name));
            assert_eq!((type_before, body_before), (type_after, body_after), "{name}");
        }
        let (last, caller) = (of(&after, "last").1, of(&after, "caller"));
        assert_eq!(of(&after, "first").1.abs_diff(last), 1, "side by side");
        let call = [0x10, u8::try_from(last).unwrap(), 0x1a, 0x0b];
        assert!(caller.3.ends_with(&call), "the caller follows: {:x?}", caller.3);
        assert_eq!(caller.2, 0);
    }

    #[test]
    fn what_is_no_module_is_an_error() {
        assert!(by_likeness(b"\0asm\x01\0\0\0\x0a\xff").is_err());
    }
}
