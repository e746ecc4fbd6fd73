"""Croissant 1.1 with the fields for responsible AI: what a set is, file by file and channel by channel, for machines.

Written from the facts and the composition; the JSON-LD context stands in the file, so that nothing need be fetched.
Sources: the Croissant format specification 1.1 and the Croissant RAI vocabulary 1.0 (MLCommons).
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faceset.channels import CHANNELS, Channel
from faceset.composition import Composition, channel_text
from faceset.facts import DatasetFacts
from faceset.manifest import file_sha256

CROISSANT = "croissant.json"
RECORDS = "faces"
_CR = "http://mlcommons.org/croissant/"
_CONFORMS_TO = [f"{_CR}1.1", f"{_CR}RAI/1.0"]
_TERMS = (
    "arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "extract", "field", "fileProperty",
    "fileObject", "fileSet", "format", "includes", "isArray", "isLiveDataset", "jsonPath", "key", "md5",
    "parentField", "path", "recordSet", "references", "regex", "repeated", "replace", "samplingRate",
    "separator", "source", "subField", "transform",
)  # fmt: skip
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": _CR,
    "rai": f"{_CR}RAI/",
    "dct": "http://purl.org/dc/terms/",
    "prov": "http://www.w3.org/ns/prov#",
    **{term: f"cr:{term}" for term in _TERMS},
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "description": {"@container": "@language"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
}
_DATA_TYPES = {
    "uint8": "cr:UInt8", "int32": "cr:Int32", "uint64": "cr:UInt64", "float32": "cr:Float32",
}  # fmt: skip
_MEDIA_TYPES = {
    ".h5": "application/x-hdf5",
    ".parquet": "application/x-parquet",
    ".tar": "application/x-tar",
    ".json": "application/json",
    ".jsonl": "application/jsonlines",
    ".png": "image/png",
    ".md": "text/markdown",
}

Source = Mapping[str, Any]


@dataclass(frozen=True)
class Layout:
    """How files hold the channels.

    Attributes:
        file_sets: patterns of file names by the name of the set of files, such as ``{"parquet": "data/*.parquet"}``.
        source: returns where one channel is found, or one Action Unit of it, in Croissant's words; None: nowhere.
        by_code: whether the Action Units of a channel are found one by one.
        in_files: patterns of the archives that a set of files lies in; absent where it lies in the folder.
    """

    file_sets: Mapping[str, str]
    source: Callable[[Channel, str | None], Source | None]
    by_code: bool = False
    in_files: Mapping[str, str] | None = None


SHARDS = Layout(
    {"shards": "*.h5"}, lambda channel, _: {"fileSet": {"@id": "shards"}, "extract": {"column": channel.name}}
)
"""Our own shards: a dataset of HDF5 for each channel."""


@dataclass(frozen=True)
class DataFile:
    """One file of a set: where it lies in the folder, its size in bytes and its sha256."""

    name: str
    size: int
    sha256: str


def data_files(folder: Path, patterns: Iterable[str]) -> list[DataFile]:
    """Returns the files of a folder that match, sorted by name; every one is read for its checksum."""
    paths = sorted({path for pattern in patterns for path in folder.glob(pattern)})
    return [DataFile(path.relative_to(folder).as_posix(), path.stat().st_size, file_sha256(path)) for path in paths]


def croissant(
    facts: DatasetFacts, composition: Composition, codes: Sequence[str], files: Sequence[DataFile], layout: Layout
) -> str:
    """Returns the metadata as JSON.

    Args:
        facts: of the maker.
        composition: of the set.
        codes: the Action Units, in the order of their columns.
        files: that hold the set.
        layout: how they hold it.
    """
    content = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": _CONFORMS_TO,
        **_about(facts),
        **_responsible(facts),
        **_provenance(facts),
        "distribution": [*map(_file_object, files), *_file_sets(files, layout)],
        "recordSet": _record_sets(composition, codes, layout),
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _about(facts: DatasetFacts) -> dict[str, Any]:
    return {
        "name": facts.name,
        "description": facts.summary,
        "version": facts.version,
        "datePublished": facts.date,
        "license": facts.licence_page,
        "url": facts.url,
        "citeAs": facts.citation,
        "creator": [{"@type": "sc:Organization", "name": name} for name in facts.creators],
        "keywords": list(facts.keywords),
    }


def _responsible(facts: DatasetFacts) -> dict[str, Any]:
    return {
        "rai:dataCollection": facts.origin,
        "rai:dataCollectionType": list(facts.collection_type),
        "rai:dataCollectionMissingData": facts.missing_data,
        "rai:dataCollectionRawData": facts.raw_data,
        "rai:dataPreprocessingProtocol": [facts.preprocessing],
        "rai:dataImputationProtocol": facts.imputation,
        "rai:dataManipulationProtocol": facts.manipulation,
        "rai:dataAnnotationProtocol": [facts.labels_from],
        "rai:annotationsPerItem": facts.annotations_per_item,
        "rai:annotatorDemographics": [facts.annotators],
        "rai:machineAnnotationTools": list(facts.annotation_tools),
        "rai:dataUseCases": list(facts.use_cases),
        "rai:dataLimitations": list(facts.limits),
        "rai:dataBiases": list(facts.biases),
        "rai:dataSocialImpact": facts.social_impact,
        "rai:personalSensitiveInformation": [facts.personal_information],
        "rai:dataReleaseMaintenancePlan": facts.maintenance,
        "rai:hasSyntheticData": facts.synthetic,
    }


def _provenance(facts: DatasetFacts) -> dict[str, Any]:
    """Returns what the set was made from and by (W3C PROV)."""
    steps = {"Collection": facts.origin, "Preprocessing": facts.preprocessing, "Annotation": facts.labels_from}
    tools = [{"@type": "prov:SoftwareAgent", "prov:label": name} for name in facts.annotation_tools]
    activities = [
        {"@type": "prov:Activity", "prov:label": step, "sc:description": text, "prov:wasAssociatedWith": tools}
        for step, text in steps.items()
    ]
    return {
        "prov:wasDerivedFrom": [{"@id": each} for each in facts.derived_from],
        "prov:wasGeneratedBy": activities,
    }


def _file_object(file: DataFile) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": file.name,
        "name": file.name,
        "contentUrl": file.name,
        "contentSize": f"{file.size} B",
        "encodingFormat": _media_type(file.name),
        "sha256": file.sha256,
    }


def _file_sets(files: Sequence[DataFile], layout: Layout) -> list[dict[str, Any]]:
    sets = []
    for name, pattern in layout.file_sets.items():
        described: dict[str, Any] = {"@type": "cr:FileSet", "@id": name, "name": name, "includes": pattern}
        inside = [file.name for file in files if layout.in_files and Path(file.name).match(layout.in_files[name])]
        if inside:
            described["containedIn"] = [{"@id": each} for each in inside]
        sets.append({**described, "encodingFormat": _media_type(pattern)})
    return sets


def _record_sets(composition: Composition, codes: Sequence[str], layout: Layout) -> list[dict[str, Any]]:
    """Returns a set of records for each set of files: Croissant joins no fields of different files unasked."""
    found: dict[str, list[Channel]] = {}
    for channel in (CHANNELS[name] for name in composition.channels):
        if source := layout.source(channel, None):
            found.setdefault(source["fileSet"]["@id"], []).append(channel)
    alone = len(layout.file_sets) == 1
    sets = [Records(RECORDS if alone else f"{RECORDS}-{name}", composition, codes, layout) for name in found]
    return [each.described(channels) for each, channels in zip(sets, found.values(), strict=True)]


@dataclass(frozen=True)
class Records:
    """The records of one set of files.

    Attributes:
        name: of the records.
        composition: of the set.
        codes: the Action Units, in the order of their columns.
        layout: how files hold the channels.
    """

    name: str
    composition: Composition
    codes: Sequence[str]
    layout: Layout

    def described(self, channels: Sequence[Channel]) -> dict[str, Any]:
        """Returns the record set with a field for each channel."""
        described = _described("cr:RecordSet", self.name, "One face each.")
        return {**described, "field": [*self._file(channels[0]), *map(self._field, channels)]}

    def _file(self, channel: Channel) -> list[dict[str, Any]]:
        """Returns the field that tells which face a record belongs to, where the files tell it."""
        source = self.layout.source(channel, None) or {}
        if "column" in source["extract"]:
            return []
        field = _described("cr:Field", f"{self.name}/file", "name of the file; all of a face's files share its number")
        return [{**field, "dataType": "sc:Text", "source": {**source, "extract": {"fileProperty": "filename"}}}]

    def _field(self, channel: Channel) -> dict[str, Any]:
        name = f"{self.name}/{channel.name}"
        field = _described("cr:Field", name, channel_text(channel.name)) | {"dataType": _data_type(channel)}
        if channel.shape != ("K",):
            return {**field, **self._array(channel), "source": self.layout.source(channel, None)}
        if self.layout.by_code:
            return {**field, "subField": [self._code(name, channel, code) for code in self.codes]}
        field["description"] += f"; columns: {', '.join(self.codes)}"
        return {**field, **self._array(channel), "source": self.layout.source(channel, None)}

    def _code(self, name: str, channel: Channel, code: str) -> dict[str, Any]:
        field = _described("cr:Field", f"{name}/{code}", f"{channel.name} of {code}")
        return {**field, "dataType": _data_type(channel), "source": self.layout.source(channel, code)}

    def _array(self, channel: Channel) -> dict[str, Any]:
        if not channel.shape or is_picture(channel):
            return {}
        sizes = {"H": self.composition.height, "W": self.composition.width, "K": len(self.codes)}
        return {"isArray": True, "arrayShape": ",".join(map(str, channel.bound(sizes)))}


def _described(kind: str, name: str, description: str) -> dict[str, Any]:
    return {"@type": kind, "@id": name, "name": name, "description": description}


def is_picture(channel: Channel) -> bool:
    """Returns True for channels that an 8-bit image file holds without loss."""
    return channel.per_pixel and channel.dtype == "uint8"


def is_mask(channel: Channel) -> bool:
    """Returns True for channels that hold 0 and 1 alone."""
    return channel.dtype == "uint8" and channel.interval == (0, 1)


def _data_type(channel: Channel) -> str:
    if channel.is_text:
        return "sc:Text"
    if is_picture(channel):
        return "sc:ImageObject"
    return "sc:Boolean" if is_mask(channel) else _DATA_TYPES[channel.dtype]


def _media_type(name: str) -> str:
    return _MEDIA_TYPES.get(Path(name).suffix, "application/octet-stream")
