package person

import (
	"reflect"
	"strings"
	"testing"

	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/iin"
)

const good, other = "850315300009", "850315301801" // facts/kz-pki.md section 5

func TestReadCSVTakesWhatSpreadsheetsWrite(t *testing.T) {
	want := []Person{{IIN: good, Surname: "ИБРАЕВА", Name: "ӘЙГЕРІМ", Patronymic: "СЕРІКҚЫЗЫ"}}
	for _, c := range []struct{ name, text string }{
		{"commas", "iin,surname,name,patronymic\n" + good + ",Ибраева,Әйгерім,Серікқызы\n"},
		{"semicolons, byte order mark, CR LF", "\ufeffIIN;Surname;Name;Patronymic\r\n" + good + ";Ибраева;Әйгерім;Серікқызы\r\n"},
		{"another order of columns", "patronymic,name,iin,surname\nСерікқызы,Әйгерім," + good + ",Ибраева"},
		{"quotes, spaces, empty lines", "iin,surname,name,patronymic\n\n \"" + good + "\" ,x,y,z\n" + good + ",\" Ибраева \",  Әйгерім,Серікқызы\n\n"},
		{"a decomposed letter", "iin,surname,name,patronymic\n" + good + ",Ибраева,Әйгерім,Серікқызы"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _, err := ReadCSV(strings.NewReader(c.text), iin.Check)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestLinesWithFaultsAreRefusedAndTheOthersKept(t *testing.T) {
	for _, c := range []struct{ name, line, code string }{
		{"a wrong check digit", "850315300008,А,Б,", iin.CodeChecksum},
		{"too short", "85031530000,А,Б,", iin.CodeLength},
		{"letters", "85031530000X,А,Б,", iin.CodeDigits},
		{"no surname", good + ",,Б,", "person.surname-missing"},
		{"a digit in a name", good + ",А1,Б,", "person.name-letters"},
		{"a control character", good + ",А\x00,Б,", "person.name-letters"},
		{"only a hyphen", good + ",-,Б,", "person.name-letters"},
		{"a direction override", good + ",А\u202eБ,Б,", "person.name-letters"},
		{"not UTF-8", good + ",\xd0,Б,", "person.encoding"},
		{"a name over 64 characters", good + "," + strings.Repeat("А", 65) + ",Б,", "person.name-long"},
		{"surname and name over 64 characters", good + "," + strings.Repeat("А", 40) + "," + strings.Repeat("Б", 40) + ",", "person.name-long"},
		{"a column too few", good + ",А", "person.columns"},
		{"a quote that does not end", good + ",\"А,Б,", "person.columns"},
		{"a very long line", good + "," + strings.Repeat("А", maxLine), "person.line-long"},
		{"the number of another line", other + ",А,Б,", "person.doubled"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := "iin,surname,name,patronymic\n" + c.line + "\n" + other + ",ВЕРНЫЙ,СОСЕД,\n"
			got, refused, err := ReadCSV(strings.NewReader(text), iin.Check)
			if err != nil {
				t.Fatal(err)
			}
			if len(refused) == 0 || refused[0].Line != 2 || refused[0].Code != c.code {
				t.Fatalf("refused %+v, want line 2, %s", refused, c.code)
			}
			if strings.Contains(refused[0].IIN, "531530") {
				t.Errorf("the report shows the number: %s", refused[0].IIN)
			}
			if c.code == "person.doubled" {
				if len(got) != 0 || len(refused) != 2 {
					t.Errorf("kept %q, refused %+v; of two lines with one number nobody knows which is right", got, refused)
				}
			} else if len(got) != 1 || got[0].Surname != "ВЕРНЫЙ" {
				t.Errorf("kept %q", got)
			}
		})
	}
}

func TestTheCheckDigitCanBeSwitchedOff(t *testing.T) {
	text := "iin,surname,name\n123456789011,ТЕСТОВ,ТЕСТ\n"
	if got, refused, err := ReadCSV(strings.NewReader(text), iin.CheckLenient); err != nil || len(got) != 1 {
		t.Errorf("kept %q, refused %+v: %v", got, refused, err)
	}
	if got, refused, err := ReadCSV(strings.NewReader(text), iin.Check); err != nil || len(got) != 0 || len(refused) != 1 {
		t.Errorf("kept %q, refused %+v: %v", got, refused, err)
	}
}

func TestFilesThatCannotBeReadAreRefusedWhole(t *testing.T) {
	for _, c := range []struct {
		name, text, code string
		read             string
	}{
		{"an empty file", "", "person.empty", "csv"},
		{"an unknown column", "iin,surname,name,phone\n", "person.header-unknown", "csv"},
		{"a doubled column", "iin,iin,surname,name\n", "person.header-doubled", "csv"},
		{"no number", "surname,name\n", "person.header-missing", "csv"},
		{"an object", "{}", "person.json", "json"},
		{"a broken array", `[{"iin":"1"},`, "person.json", "json"},
		{"text after the array", `[] []`, "person.json", "json"},
	} {
		t.Run(c.name, func(t *testing.T) {
			read := ReadCSV
			if c.read == "json" {
				read = ReadJSON
			}
			_, _, err := read(strings.NewReader(c.text), iin.Check)
			if fail.CodeOf(err) != c.code || !fail.Is(err, fail.Invalid) {
				t.Errorf("got %v, want %s", err, c.code)
			}
		})
	}
}

func TestReadJSON(t *testing.T) {
	text := "[\n{\"iin\":\"" + good + "\",\"surname\":\"а\",\"name\":\"б\"},\n{\"iin\":\"" + other + "\",\"surname\":\"а\",\"patronimic\":\"б\"},\n{\"iin\":5}\n]"
	got, refused, err := ReadJSON(strings.NewReader(text), iin.Check)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || got[0].CommonName() != "А Б" {
		t.Errorf("kept %q", got)
	}
	if len(refused) != 2 || refused[0].Line != 3 || refused[1].Line != 4 || refused[0].Code != "person.members" {
		t.Errorf("refused %+v", refused)
	}
}

func TestSameName(t *testing.T) {
	for _, c := range []struct {
		name, a, b string
		want       bool
	}{
		{"case", "Ибраева", "ИБРАЕВА", true},
		{"Ё and Е", "СЁМИН", "Семин", true},
		{"kinds of hyphen and spaces at it", "АНТОНОВА – БОРИСОВА", "Антонова-Борисова", true},
		{"inner spaces", "  АЛИ   БЕК ", "Али Бек", true},
		{"a Kazakh letter for a Russian one", "СЕРІК", "СЕРИК", false},
		{"a Latin letter that looks the same", "AЛИ", "АЛИ", false},
		{"another name", "АЛИ", "АЛИЯ", false},
		{"one is empty", "", "АЛИ", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if SameName(c.a, c.b) != c.want {
				t.Errorf("SameName(%q, %q) is %v", c.a, c.b, !c.want)
			}
		})
	}
}

func FuzzReadCSV(f *testing.F) {
	f.Add([]byte("iin,surname,name,patronymic\n" + good + ",А,Б,В\n"))
	f.Add([]byte("\ufeffiin;name;surname\r\n\"1\";;\"\r\n"))
	f.Add([]byte("[{\"iin\":\"" + good + "\",\"surname\":\"А\"}]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, read := range []func(string) ([]Person, error){
			func(s string) ([]Person, error) { p, _, err := ReadCSV(strings.NewReader(s), iin.Check); return p, err },
			func(s string) ([]Person, error) {
				p, _, err := ReadJSON(strings.NewReader(s), iin.Check)
				return p, err
			},
		} {
			persons, err := read(string(text))
			if err != nil && len(persons) > 0 {
				t.Fatal("persons beside an error")
			}
			for _, p := range persons {
				again := p
				if err := Normalize(&again, iin.Check); err != nil || again != p {
					t.Fatalf("kept %q, which is not normal: %v", p, err)
				}
			}
		}
	})
}
