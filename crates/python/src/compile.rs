//! Lowered functions, and chains of them, as Python hands them over.

use millrace::dstream::called_at;
use millrace_pyfn::{Function, Shape, Value};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::convert::{from_python, to_python};
use crate::plan::{Called, Keyed, Kind, Op, lower};
use crate::stream::Stream;

/// A lowered function: what the engine makes of a record without the interpreter.
#[pyclass(frozen, name = "Function", module = "millrace._engine")]
pub(crate) struct LoweredFunction {
    function: Function,
}

/// The function of a lowered form.
pub(crate) fn parsed(json: &str) -> PyResult<Function> {
    Function::from_json(json).map_err(|error| PyValueError::new_err(error.to_string()))
}

#[pymethods]
impl LoweredFunction {
    /// The function of a lowered form. Raises ValueError if it is none.
    #[new]
    fn new(json: &str) -> PyResult<LoweredFunction> {
        Ok(LoweredFunction {
            function: parsed(json)?,
        })
    }

    /// The function's result for these arguments, or NotImplemented if only CPython can tell.
    #[pyo3(signature = (*arguments))]
    fn call<'py>(&self, arguments: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
        let py = arguments.py();
        let values: Vec<Value> = arguments.iter().map(|each| from_python(&each)).collect();
        match self.function.call(&values) {
            Ok(value) => to_python(py, &value),
            Err(_) => Ok(py.NotImplemented().into_bound(py)),
        }
    }

    /// True if it adds new ints to an old one, or to none: an int that nothing comes for stays.
    #[getter]
    fn keeps_idle_ints(&self) -> bool {
        self.function.shape() == Some(Shape::SumOrZero)
    }

    /// The items of the iterable that it gives, or NotImplemented if only CPython can tell.
    fn items<'py>(&self, argument: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = argument.py();
        match self.function.items(&from_python(argument)) {
            Ok(items) => to_python(py, &Value::list(items)),
            Err(_) => Ok(py.NotImplemented().into_bound(py)),
        }
    }
}

/// A function as Python hands it over: its lowered form, if it has one, and itself.
type Handed = (Option<String>, Py<PyAny>);

fn called((json, callable): Handed) -> PyResult<Called> {
    let function = json.as_deref().map(parsed).transpose()?;
    Ok(Called::new(function, callable))
}

/// The operator on single records of a name.
pub(crate) fn kind(name: &str) -> PyResult<Kind> {
    Ok(match name {
        "map" => Kind::Map,
        "flatMap" => Kind::FlatMap,
        "filter" => Kind::Filter,
        "mapValues" => Kind::MapValues,
        "flatMapValues" => Kind::FlatMapValues,
        _ => {
            return Err(PyValueError::new_err(format!(
                "{name} is no operator on records"
            )));
        }
    })
}

fn op((name, function): (String, Handed)) -> PyResult<Op> {
    Ok(Op {
        kind: kind(&name)?,
        function: called(function)?,
    })
}

#[pymethods]
impl Stream {
    /// The stream that operators on single records make of this one: names and functions. `place`
    /// is the line of the program that calls the last of them.
    fn narrow(&self, place: &str, ops: Vec<(String, Handed)>) -> PyResult<Stream> {
        self.chained(place, ops, None)
    }

    /// The same, and then the values of every key made one.
    fn reduce_by_key(
        &self,
        place: &str,
        ops: Vec<(String, Handed)>,
        function: Handed,
        partitions: u32,
    ) -> PyResult<Stream> {
        let function = called(function)?;
        self.chained(
            place,
            ops,
            Some(Keyed::ReduceByKey {
                function,
                partitions,
            }),
        )
    }

    /// The same, and then a state for every key; `initial` is what there is before.
    fn update_state_by_key(
        &self,
        place: &str,
        ops: Vec<(String, Handed)>,
        function: Handed,
        partitions: u32,
        initial: Vec<(Bound<'_, PyAny>, Bound<'_, PyAny>)>,
    ) -> PyResult<Stream> {
        let initial = initial.iter();
        let initial = initial.map(|(key, state)| (from_python(key), from_python(state)));
        let keyed = Keyed::UpdateStateByKey {
            function: called(function)?,
            partitions,
            initial: initial.collect(),
        };
        self.chained(place, ops, Some(keyed))
    }

    /// True if its records are texts and integers of the engine's own, as a native program's
    /// are.
    #[getter]
    fn is_native(&self) -> bool {
        self.native
    }
}

impl Stream {
    fn chained(
        &self,
        place: &str,
        ops: Vec<(String, Handed)>,
        keyed: Option<Keyed>,
    ) -> PyResult<Stream> {
        let ops = ops.into_iter().map(op).collect::<PyResult<Vec<Op>>>()?;
        let source = self.source.clone();
        let (records, native) = called_at(place, || lower(source, ops, keyed));
        Ok(Stream::of(records, native))
    }
}
