//! Reads a pasted Chinese address line into its parts, for the shopper to confirm.
//! Deliberately absent: a gazetteer; only the suffixes that the administrative
//! divisions carry are used, so the answer is a proposal.

/// The parts of a line; empty where nothing was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parsed {
    /// Recipient, if the line names one.
    pub name: String,
    /// Phone, if the line has one.
    pub phone: String,
    /// 省, 自治区 or a municipality.
    pub province: String,
    /// 市, 自治州, 盟.
    pub city: String,
    /// 区, 县, 旗.
    pub district: String,
    /// 路, 街, 道, 巷, 弄 with its number.
    pub street: String,
    /// What is left.
    pub detail: String,
}

/// Parses one pasted line.
pub fn parse_line(line: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let separators = [' ', ',', '，', ';', '；', '\n', '\t', '：', ':', '、'];
    let mut address = String::new();
    for word in line.split(separators).filter(|word| !word.is_empty()) {
        let digits: String = word.chars().filter(char::is_ascii_digit).collect();
        let is_phone =
            digits.len() == 11 && digits.starts_with('1') && word.chars().all(|c| c.is_ascii_digit() || c == '-');
        let is_label = ["收货人", "收件人", "电话", "手机", "地址", "所在地区", "详细地址"].contains(&word);
        if is_phone {
            parsed.phone = digits;
        } else if is_label {
        } else if looks_like_name(word) && parsed.name.is_empty() {
            parsed.name = word.to_owned();
        } else {
            address.push_str(word);
        }
    }
    let rest = take(&address, &mut parsed.province, &["特别行政区", "自治区", "省"]);
    let rest = take(rest, &mut parsed.city, &["自治州", "地区", "盟", "市"]);
    let rest = take(rest, &mut parsed.district, &["区", "县", "旗", "市"]);
    let rest = take_street(rest, &mut parsed.street);
    parsed.detail = rest.to_owned();
    parsed
}

/// Two to four characters without any word of an address.
fn looks_like_name(word: &str) -> bool {
    let length = word.chars().count();
    let address_words =
        ['省', '市', '区', '县', '路', '街', '号', '道', '镇', '乡', '村', '栋', '室', '弄', '巷', '座', '楼'];
    (2..=4).contains(&length) && !word.contains(address_words) && !word.chars().any(|c| c.is_ascii_digit())
}

/// Cuts up to and with the first suffix found within the next 12 characters.
fn take<'a>(text: &'a str, into: &mut String, suffixes: &[&str]) -> &'a str {
    for suffix in suffixes {
        if let Some(at) = text.find(suffix)
            && text[..at].chars().count() <= 12
            && at > 0
        {
            let end = at + suffix.len();
            into.push_str(&text[..end]);
            return &text[end..];
        }
    }
    text
}

fn take_street<'a>(text: &'a str, into: &mut String) -> &'a str {
    let Some(at) =
        ["路", "街", "大道", "道", "巷", "弄"].iter().filter_map(|s| text.find(s).map(|at| at + s.len())).min()
    else {
        return text;
    };
    let number = text[at..].find('号').filter(|gap| text[at..at + gap].chars().count() <= 8);
    let end = number.map_or(at, |gap| at + gap + '号'.len_utf8());
    into.push_str(&text[..end]);
    &text[end..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_line_falls_into_its_parts() {
        let parsed = parse_line("收货人：王小明，电话：138-1234-5678，浙江省杭州市西湖区文三路90号东部软件园3幢201室");
        let expected = Parsed {
            name: "王小明".into(),
            phone: "13812345678".into(),
            province: "浙江省".into(),
            city: "杭州市".into(),
            district: "西湖区".into(),
            street: "文三路90号".into(),
            detail: "东部软件园3幢201室".into(),
        };
        assert_eq!(parsed, expected);
    }

    proptest::proptest! {
        #[test]
        fn no_line_can_hurt(line in "\\PC{0,80}|[省市区路号王0-9，]{0,40}") { parse_line(&line); }
    }
}
