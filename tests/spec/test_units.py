"""What a laboratory writes, and the unit that it means: one line a spelling, by measure.

`meant` is a UCUM code, or "refused": the value is then shown as written, and compared with nothing.
"""

from decimal import Decimal

import pytest

from dashboard.domain.record.observation import Measure
from dashboard.domain.values.datatypes import Quantity
from dashboard.domain.values.units import UnknownUnit, convert
from tests.spec.words import Line, lines

SPEC = """
    measure     | written                | meant
    HBA1C       | %                      | %
    HBA1C       | %{HbA1c}               | %
    HBA1C       | % of total Hgb         | %
    HBA1C       | % OF TOTAL HGB         | %
    HBA1C       | %Hb                    | %
    HBA1C       | % (NGSP)               | %
    HBA1C       | percent                | %
    HBA1C       | mmol/mol{Hb}           | mmol/mol
    HBA1C       | mmol/mol Hb            | mmol/mol
    HBA1C       | MMOL/MOL               | mmol/mol
    HBA1C       | mmol/mol IFCC          | mmol/mol
    HBA1C       | % IFCC                 | refused
    HBA1C       | mmol/L                 | refused
    EGFR        | mL/min/{1.73_m2}       | mL/min/{1.73_m2}
    EGFR        | mL/min/1.73m2          | mL/min/{1.73_m2}
    EGFR        | ml/min/1.73m²          | mL/min/{1.73_m2}
    EGFR        | mL/min/1.73 sq M       | mL/min/{1.73_m2}
    EGFR        | mL/min/1,73 m2         | mL/min/{1.73_m2}
    EGFR        | mL/min/1.73m^2         | mL/min/{1.73_m2}
    EGFR        | mL/min/1.73.m2         | mL/min/{1.73_m2}
    EGFR        | mL/min/1.73_m2         | mL/min/{1.73_m2}
    EGFR        | mL/min/[1.73_m2]       | mL/min/{1.73_m2}
    EGFR        | mL/min/{1.73m2}        | mL/min/{1.73_m2}
    EGFR        | mL/min per 1.73 m2     | mL/min/{1.73_m2}
    EGFR        | ML/MIN/1.73 SQ.M       | mL/min/{1.73_m2}
    EGFR        | mL/min/(1.73 m2)       | mL/min/{1.73_m2}
    EGFR        | mL/s/1.73m2            | mL/s/{1.73_m2}
    EGFR        | mL/min                 | refused
    EGFR        | mL/min/1.85 m2         | refused
    CREATININE  | MG/DL                  | mg/dL
    CREATININE  | mg/dl                  | mg/dL
    CREATININE  | mg%                    | mg/dL
    CREATININE  | µmol/L                 | umol/L
    CREATININE  | μmol/l                 | umol/L
    CREATININE  | UMOL/L                 | umol/L
    CREATININE  | mcmol/L                | umol/L
    CREATININE  | mL/min                 | refused
    SODIUM      | MEQ/L                  | meq/L
    SODIUM      | mEq/L                  | meq/L
    POTASSIUM   | mval/l                 | meq/L
    POTASSIUM   | MMOL/L                 | mmol/L
    UACR        | mg/g creat             | mg/g
    UACR        | mg/g{creat}            | mg/g
    UACR        | mg/gm Creatinine       | mg/g
    UACR        | MCG/MG CREAT           | ug/mg
    UACR        | ug/mg                  | ug/mg
    UACR        | mg/mmol{creat}         | mg/mmol
    UACR        | mg/mmol kreatinin      | mg/mmol
    UACR        | mg/L                   | refused
    WEIGHT      | Kg                     | kg
    WEIGHT      | KGS                    | kg
    WEIGHT      | lbs                    | [lb_av]
    WEIGHT      | Pounds                 | [lb_av]
    WEIGHT      | Mg                     | refused
    WEIGHT      | stone                  | refused
    HEIGHT      | inches                 | [in_i]
    HEIGHT      | CM                     | cm
    BMI         | kg/m^2                 | kg/m2
    BMI         | kg/m²                  | kg/m2
    BMI         | kg/sq m                | kg/m2
    SYSTOLIC    | mmHg                   | mm[Hg]
    SYSTOLIC    | mm Hg                  | mm[Hg]
    SYSTOLIC    | MMHG                   | mm[Hg]
    SYSTOLIC    | cmH2O                  | refused
    LVEF        | % EF                   | %
    NTPROBNP    | pg/ml                  | pg/mL
    NTPROBNP    | PMOL/L                 | pmol/L
    LDL         | mg/100mL               | mg/dL
    HAEMOGLOBIN | gm/dL                  | g/dL
    HAEMOGLOBIN | g%                     | g/dL
    PHQ9        | {score}                | {score}
    PHQ9        | points                 | {score}
    PHQ9        | 1                      | {score}
    PHQ9        | /27                    | {score}
    PHQ9        | poäng                  | {score}
    PHQ9        | mmol/L                 | refused
"""


@pytest.mark.parametrize("line", lines(SPEC), ids=lambda line: f"{line.measure}-{line.written}")
def test_what_a_laboratory_writes(line: Line) -> None:
    measure, written = Measure[line.measure], Quantity(Decimal("12.5"), line.written)
    if line.meant == "refused":
        with pytest.raises(UnknownUnit):
            convert(measure, written, line.written)
    else:
        assert convert(measure, written, line.meant) == Quantity(Decimal("12.5"), line.meant)
