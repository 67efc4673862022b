//! Words the city is named with, in English and Chinese.
//!
//! Invented combinations; no real street plan stands behind them.

/// A name in both languages of the product.
pub type Pair = (&'static str, &'static str);

pub const CITY: Pair = ("Harbrook", "哈布鲁克");
pub const RIVER: Pair = ("River Sele", "塞勒河");
pub const RING: Pair = ("Harbrook Ring", "环城路");
pub const PARK: Pair = ("Kings Park", "国王公园");

/// Bridges from west to east.
pub const BRIDGES: [Pair; 5] = [
    ("Weir Bridge", "堰桥"),
    ("Mill Bridge", "磨坊桥"),
    ("Guildhall Bridge", "会馆桥"),
    ("Harbour Bridge", "港湾桥"),
    ("Lighthouse Bridge", "灯塔桥"),
];

/// Avenues: three from south to north (west first), one from west to east, two
/// diagonals out of the centre (east first).
pub const AVENUES: [Pair; 6] = [
    ("Mill Avenue", "磨坊大道"),
    ("Guildhall Avenue", "会馆大道"),
    ("Harbour Avenue", "港湾大道"),
    ("Castle Boulevard", "城堡大街"),
    ("Exchange Avenue", "交易所大道"),
    ("College Avenue", "学院大道"),
];

/// Districts with the metres of their middle, x east and y north of the centre.
pub const DISTRICTS: [(Pair, f64, f64); 9] = [
    (("Old Town", "老城"), -100.0, 150.0),
    (("Northgate", "北门"), 300.0, 2200.0),
    (("University", "大学城"), -2300.0, 1500.0),
    (("Kings Park", "国王公园"), 1700.0, 700.0),
    (("Eastfield", "东田"), 2900.0, 1500.0),
    (("Mill Lane", "磨坊里"), -2200.0, -400.0),
    (("Quayside", "河岸"), -1000.0, -2000.0),
    (("Harbour", "港区"), 2300.0, -1700.0),
    (("South Bank", "南岸"), 700.0, -1900.0),
];

/// Endings of through streets.
pub const ROADS: [Pair; 3] = [("Road", "路"), ("Drive", "道"), ("Parade", "大街")];

/// Endings of quiet streets.
pub const STREETS: [Pair; 5] = [("Street", "街"), ("Lane", "巷"), ("Row", "排"), ("Walk", "径"), ("Close", "弄")];

/// First words of streets, `English=Chinese`.
pub const STEMS: &str = "Linden=椴树 Orchard=果园 Chapel=教堂 Ferry=渡口 Sluice=水闸 Tanner=制革 \
    Willow=柳树 Bell=钟楼 Cooper=箍桶 Lantern=灯笼 Saddler=马具 Plum=李子 Heron=苍鹭 Otter=水獭 \
    Swan=天鹅 Quarry=采石 Barley=大麦 Clover=三叶草 Thistle=蓟花 Rowan=花楸 Alder=桤木 Maple=枫树 \
    Birch=白桦 Cedar=雪松 Hazel=榛树 Juniper=杜松 Laurel=月桂 Myrtle=桃金娘 Poplar=白杨 \
    Sycamore=悬铃木 Camphor=香樟 Osmanthus=桂花 Lotus=荷花 Bamboo=翠竹 Peony=牡丹 Magnolia=玉兰 \
    Jasmine=茉莉 Mulberry=桑树 Ginkgo=银杏 Cherry=樱花 Almond=杏仁 Chestnut=栗树 Walnut=胡桃 \
    Rope=绳匠 Anchor=船锚 Compass=罗盘 Mast=桅杆 Harpoon=鱼叉 Oyster=牡蛎 Herring=鲱鱼 Salt=盐仓 \
    Sugar=糖坊 Silk=丝绸 Wool=羊毛 Paper=造纸 Printer=印刷 Ink=墨坊 Candle=蜡烛 Glass=玻璃 \
    Copper=铜匠 Silver=银匠 Tin=锡匠 Forge=铁匠 Potter=陶匠 Weaver=织工 Dyer=染坊 Brewer=酿酒 \
    Miller=磨工 Baker=面包 Butcher=屠户 Market=集市 Fountain=喷泉 Abbey=修道院 Bishop=主教 \
    Garrison=卫戍 Rampart=城墙 Tower=塔楼 Arsenal=军械 Drummer=鼓手 Falcon=猎鹰 Raven=乌鸦 \
    Magpie=喜鹊 Swallow=燕子 Lark=云雀 Kingfisher=翠鸟 Badger=獾 Fox=狐狸 Hare=野兔 Stag=雄鹿 \
    Meadow=草甸 Brook=溪流 Spring=泉水 Well=古井 Marsh=湿地 Heath=荒野 Ridge=山脊 Valley=山谷 \
    Sunrise=日出 Evening=黄昏 Harvest=丰收 Concord=和睦 Liberty=自由 Victory=凯旋 Peace=和平 \
    Prospect=远景 Station=车站 Museum=博物馆 Theatre=剧院 Library=书院 Observatory=天文台 \
    Academy=学堂 Hospital=医院 Tramway=电车";

/// The stems as pairs, in the order of the table.
pub fn stems() -> Vec<Pair> {
    STEMS.split_whitespace().filter_map(|entry| entry.split_once('=')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn stems_are_distinct_in_both_languages() {
        let all = stems();
        assert_eq!(all.len(), STEMS.split_whitespace().count());
        let english: BTreeSet<_> = all.iter().map(|pair| pair.0).collect();
        let chinese: BTreeSet<_> = all.iter().map(|pair| pair.1).collect();
        assert_eq!(english.len(), all.len());
        assert_eq!(chinese.len(), all.len());
    }
}
