from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.forms.id_numbers import USCC_ALPHABET, id_number_problem, resident_check, uscc_check
from engine.application import IdKind

BIRTHDAYS = st.dates(min_value=date(1900, 1, 1), max_value=date(2026, 11, 23))
DIGITS = "0123456789"


@st.composite
def resident_numbers(draw: st.DrawFn) -> str:
    region, serial = draw(st.text(DIGITS, min_size=9, max_size=9)), draw(BIRTHDAYS)
    body = f"{region[:6]}{serial:%Y%m%d}{region[6:]}"
    return body + resident_check(body)


@st.composite
def credit_codes(draw: st.DrawFn) -> str:
    authority = draw(st.text(USCC_ALPHABET, min_size=2, max_size=2))
    region = draw(st.text(DIGITS, min_size=6, max_size=6))
    body = authority + region + draw(st.text(USCC_ALPHABET, min_size=9, max_size=9))
    return body + uscc_check(body)


def with_another(number: str, place: int, alphabet: str, step: int) -> str:
    """The number with one character replaced by a different one."""
    at = alphabet.index(number[place])
    return number[:place] + alphabet[(at + step) % len(alphabet)] + number[place + 1 :]


# The first is the example of GB 11643 itself; the others are of tests/data.
@pytest.mark.parametrize("number", ["11010519491231002X", "530502200310082006"])
def test_known_resident_numbers_are_good(number: str) -> None:
    assert id_number_problem(IdKind.RESIDENT_ID, number) == ""


@pytest.mark.parametrize("code", ["91530502CCP50L23DU", "91530502GTLG899412"])
def test_known_credit_codes_are_good(code: str) -> None:
    assert id_number_problem(IdKind.USCC, code) == ""


@given(resident_numbers())
def test_a_number_with_its_check_digit_is_good(number: str) -> None:
    assert id_number_problem(IdKind.RESIDENT_ID, number) == ""


@given(resident_numbers(), st.sampled_from([*range(6), *range(14, 17)]), st.integers(1, 9))
def test_one_wrong_digit_is_noticed(number: str, place: int, step: int) -> None:
    wrong = with_another(number, place, DIGITS, step)
    assert "校验位" in id_number_problem(IdKind.RESIDENT_ID, wrong)


@given(resident_numbers(), st.integers(1, 10))
def test_no_other_check_digit_is_good(number: str, step: int) -> None:
    wrong = with_another(number, 17, "0123456789X", step)
    assert "校验位" in id_number_problem(IdKind.RESIDENT_ID, wrong)


@given(credit_codes())
def test_a_code_with_its_check_character_is_good(code: str) -> None:
    assert id_number_problem(IdKind.USCC, code) == ""


@given(credit_codes(), st.sampled_from([0, 1, *range(8, 18)]), st.integers(1, 30))
def test_one_wrong_character_is_noticed(code: str, place: int, step: int) -> None:
    wrong = with_another(code, place, USCC_ALPHABET, step)
    assert id_number_problem(IdKind.USCC, wrong) != ""


@given(credit_codes(), st.integers(0, 16))
def test_two_neighbours_changed_over_are_noticed(code: str, place: int) -> None:
    turned = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    if turned != code:
        assert id_number_problem(IdKind.USCC, turned) != ""


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("53050220031008200", "18位"),
        ("5305022003100820066", "18位"),
        ("53050220031008200x", "18位"),
        ("530502200313082006", "出生日期"),
        ("530502200302302006", "出生日期"),
        ("530502189912312006", "出生日期"),
        ("٥٣٠٥٠٢٢٠٠٣١٠٠٨٢٠٠٦", "18位"),
    ],
)
def test_malformed_resident_numbers_say_what_was_expected(number: str, said: str) -> None:
    assert said in id_number_problem(IdKind.RESIDENT_ID, number)


@pytest.mark.parametrize("number", ["530502200310082006", "530502199001011234"])
def test_a_resident_number_where_a_credit_code_belongs_is_named(number: str) -> None:
    assert "居民身份证号" in id_number_problem(IdKind.USCC, number)


@pytest.mark.parametrize("code", ["91530502CCP50L23D", "9153O502CCP50L23DU", "91530502ccp50l23du"])
def test_malformed_credit_codes_say_what_was_expected(code: str) -> None:
    assert "18位" in id_number_problem(IdKind.USCC, code)
