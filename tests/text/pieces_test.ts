/**
 * Input that comes in pieces of odd sizes: what an applet does with much at once (16 bytes a step, two
 * at a time, whole ranges of lines) must not depend on where the pieces end. The digests are those of
 * what native busybox 1.35 prints for the same input, LC_ALL=C.
 */
import { assertEquals } from "@std/assert";
import { Sandbox } from "../../mod.ts";

/** The same numbers each time. */
function numbers(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 4294967296) * bound);
  };
}

const WORDS = [
  "alpha",
  "beta",
  "Gamma",
  "needle",
  "nee",
  "dle",
  "x",
  "-",
  "\xe9\xff",
  "42",
  "1007",
];

/** Lines of words, a few of them very long, the last one without its newline. */
function input(size: number): Uint8Array {
  const random = numbers(size);
  let text = "";
  while (text.length < size) {
    const count = random(120) === 0 ? random(9000) : random(12);
    for (let i = 0; i < count; i++) {
      text += WORDS[random(WORDS.length)] + (random(9) === 0 ? "  " : " ");
    }
    text += random(4) === 0 ? "\n\n" : "\n";
  }
  return Uint8Array.from(text.slice(0, size - 1) + "e", (char) => char.charCodeAt(0));
}

/** Commands that read standard input, with the SHA-256 of what native prints for each input. */
const CASES: readonly (readonly [command: string, large: string, small: string])[] = [
  [
    "tr a-z A-Z",
    "24f6cf9880084b4d5cb2c0a592186732bf0a0539bd97d3a45f2839c46e1706bc",
    "3db0ee45fa3069bda41ec6993ac63ea79ce844f8edbcc8d47135faf4732ba087",
  ],
  [
    "tr aeiou xyzyx",
    "e9f9b867f09f8540e703c1a5f4d283583ceaa5394638db3c0e93b0a336cc44e1",
    "17466dc94befd1791688b4a7f8ad3f623867a15dff42dacc3381ae72467282da",
  ],
  [
    "tr 'a-y' 'b-z'",
    "5a60094751909e6e5af5e31eecd78bd58e6868fabcbad49704f54c8e321356fc",
    "446172ac2ef403b8e343d2cb6d55b0fa5b31759be51ced1dd50e908acf13af6d",
  ],
  [
    "tr abcdefghijklmnopqr zyxwvutsrqponmlkji",
    "864e2454fa81b4256e6a64ee8d36482a515bb4d4fcc31137f77c1c56307f9a56",
    "911333757f03232485a4a35b77103e351432c44bb510ca954ee6eee4f8249acb",
  ],
  [
    "tr -d a-e",
    "eb0c76bdbdcf6012f3937abe93a816efb81d50d2b9dfc4e2a7ee35359e06d97f",
    "277c91e403b5512b0ec2df1f8003fe7bdb718cdc86e8af132be6f8cbfc735a1f",
  ],
  [
    "tr -dc 'a-z\\n'",
    "e7d1d6707b85659f69ecbeac0c454686b16b50ae117238a63c43ce9020b901bc",
    "d3e3f55fb79f8e564e32edb1400bf00c3aeaf1a6522b74ee39282ec16e912898",
  ],
  [
    "tr -s ' \\n'",
    "8ce9b06b2b6687dbc5415eca9023056ead92a021fd3a03f159fa03887a87d22c",
    "c5713be641df136b4fd26f0e8925804aa3348a50511cd3829e4eb97e84e5a3c4",
  ],
  [
    "tr -s a-z A-Z",
    "422bcd291681bacc10833f2ad9697224436d089ed1bdfbd69af1d6fc43474525",
    "f55c58a01df30952944245fbf10f7ab69a343ed6b5328e6f5de198ae84408ddc",
  ],
  [
    "tr -ds 0-9 ' e'",
    "60faffb487209c42903e4fd9709650fb8edfab8b19662e54e2bc0de3ff675ebc",
    "28bf7d17149ed5ad3defa5c5b707903fcbc6f3b220598dc996c9c11ef585c7e8",
  ],
  [
    "tr -cs a-z '\\n'",
    "4241d55c8485fc1d6eab0374ae36ca9a2939bb9742924048ad05a577493aa83c",
    "5e16672ba5effacc1d8a7c47ec1294a2140b8f0c7b78affc8258f3c282e6fa33",
  ],
  [
    "md5sum",
    "2219f35d70f8805a49da39fe4998efba38be0291a59f937a17abba12e1548690",
    "024c18537f6bb0624a04ac6e08decc47d458b6b6f7541ffde7976a8a40d08c7f",
  ],
  [
    "sha1sum",
    "9d30ba2d5ae1b145b9a80d5f3ed1e8ea9000db46f6e4a7b890bc760989f6fbd5",
    "c4f24c0a63abd11dfb29d488c61cd4b563805ff5a806d6180275c412867fe7bc",
  ],
  [
    "sha256sum",
    "ea1d9227e9b25bad6a15cb754edff9bf43c1c8b2ca2416fc44cf4c829cc546f3",
    "1bb01e1aeb98ec26a85b937bcbdc3696ad36503b88588e37b15da48e0d3341d2",
  ],
  [
    "sha512sum",
    "070c2fbd7920d5bf9f246e46755ae1778dfb2e070b7c842b1502f45330e7e07e",
    "ebe3315c61927e7f8061ed3d0d8bfbdeb114b0e60a4cdaa4305f05a8e3257a3c",
  ],
  [
    "sha3sum",
    "12633833406277c1cd62e9be85bf38cf9d81706aaa0f5d5928e181f8e114ecb8",
    "5861e8e956d117e68feb34038dafcb9693b992fc74b6ec7ce5a79c6e99228c2c",
  ],
  [
    "crc32",
    "a1ea6e314839dec0b66845d23af2f13b26dae4638d8c8e5fcd0abcc2e461f7ea",
    "9289d4bbc531fdead6263d9249fcbfb5c69d50d5e771c29b6593bee13d396058",
  ],
  [
    "grep -F needle",
    "9825667f637cc62e80552e5e79d3edda5b8c4509de8382fb75d72258bc064946",
    "401d2e9116d09d2e3b038d6018ce987e27b6abc55fcf24f2536f770cee7f5225",
  ],
  [
    "grep -c needle",
    "9054838c23fde99e40178f46b4c8eb335e0791a4a5e0c7ddcc9f4b8864f7b457",
    "7ea9844ae84eccbf55e8330640865e36c43521e45a1baec24233327aab7e6595",
  ],
  [
    "grep -vF needle",
    "7276d5a6daadb5c309c136ade3051d2dd9cc092167256b9e4683f4d7b803e411",
    "e6d3b389910afc32cba69baf0170c5f1b179a8b8d974341b133200debb6a17a0",
  ],
  [
    "grep -n needle",
    "42fa04f7ea915c4ec478736951bbdb1602556468fe3c00bc5ec8115701a78709",
    "cbbff644c89aa56ebb6b7175042335232f7767667a8d67a863b9456650ee18b3",
  ],
  [
    "grep -m 7 needle",
    "d3590bacc7e8bee672bdf438ab1b376c6233fa31b32c0164af1cb00da75a15b7",
    "58e6274704358cbc79b5efba9698e7ae64aec3cfe69eb0f9605c9036d30a7cd3",
  ],
  [
    "grep -m 3 -A 2 needle",
    "e14ac626f1935703ee81483ac58ea7c6fe30e31e05ab73f52f6d31e14b4a764f",
    "8f2fd26ce3be6a9f14326166a91227fd4bf1e17c3dfe54b34aa50dfe006309e6",
  ],
  [
    "grep -B 2 needle",
    "e458a6e339f944d2308f45e07dd7234390ceb6884ae45369b33cf3afa762b8f4",
    "8de9e79827b79bd0a76b16558c31b28196f0cd8e50b86948d1e9e0d61c68ab19",
  ],
  [
    "grep -F x",
    "2accfcc99dc257e7d0bbb3131c55e5afde10f828b63dfc8ca60ad693aa0582c9",
    "7b3fcb6eda3d3061dc9cfd2b6e1b4bfc1a8a21c2d789ee6bbda908186279a161",
  ],
  [
    "grep 'ee*dle'",
    "9825667f637cc62e80552e5e79d3edda5b8c4509de8382fb75d72258bc064946",
    "401d2e9116d09d2e3b038d6018ce987e27b6abc55fcf24f2536f770cee7f5225",
  ],
  [
    "grep -ic NEEDLE",
    "9054838c23fde99e40178f46b4c8eb335e0791a4a5e0c7ddcc9f4b8864f7b457",
    "7ea9844ae84eccbf55e8330640865e36c43521e45a1baec24233327aab7e6595",
  ],
  [
    "grep -o 'nee[a-z]*'",
    "294eac7252645c78d085ba453e3c7a84d25ca91671c7447f9da31dbb96605906",
    "93d2b12e4c6d74d0fa4f762cacae6334a21fca823d26e4c30f8257091e1e9a65",
  ],
  [
    "grep -E 'beta|Gamma +x'",
    "083f04ea6d4bd296e0788201eabf6a9c53c49bd2de6d4d2e7537d8181f7da4c7",
    "499ee31cc5638d91374f183ca783eb6471f021ba42042bed380bc29c961cb1ee",
  ],
  [
    "grep -w nee",
    "7ba94299f6d234a245b136497df224e99270480ae0f40ef8b7f0be5b4187c639",
    "337abad43c4d1113f51eed1886e989ef38e3e4d8b15d09850e2d905c230044ce",
  ],
  [
    "grep -z needle",
    "8c7a974919eb2c09a5cef072ad359366a39f178e5d53fa1d96ded59964fbbce0",
    "d3ecedfa32b38913486b657f5ad73032fac17769ad785fb97f40c9bf3c190cbe",
  ],
  [
    "wc",
    "f8288afe3f7bafc6764f815ba02f932c93d9ad443e060d7c0205d4fabfc226c0",
    "395b834f0cb7be9f6e2d568c26f854810e4468582fd730d23063d283f8811931",
  ],
  [
    "wc -l",
    "bd2fec754ad8488e8c2fcb770f4f05f66b2a6a4353605d504af9e597ded6841c",
    "133688d458bf650fa5dcd7475ec449f4d617bacaa8cd63dfdfa5cf620d698b91",
  ],
  [
    "wc -L",
    "95de7b59b440a2b6f81e34caa7874618198e6e2f67ef48ba7357835d3fc0f9e3",
    "a0c9f2dae177d1500d7eff5649d81b97552a58525fb8b9c08f6db7430f52b285",
  ],
  [
    "cut -d ' ' -f 2,4-",
    "12d8af4d02fe862e6390a6289c08334174d72d57d7a27b9ff0f9c138b4e25684",
    "b87b8745150538737d12a4859caf5c6022d4d3d8f9c80379f37b5845df4e39a5",
  ],
  [
    "cut -c 3-9,20",
    "831820fc665ee195ef65b1747dd235071fa27f87e9816be09ca7165bb25ef0ca",
    "7940f921a31f6ff4844eb541b77e315f1f7d4f4107cc438d137bf8125c25816c",
  ],
  [
    "cut -b 5-",
    "8d954da65d9b45ae79e86824590c1b6f3df37fa5d5ff2f4d79f156232a9fb27c",
    "8279e1e4a9af6a240924cb6f600f2ae514fc761f0ab2c4b722a5a0d67890158f",
  ],
  [
    "sed s/needle/pin/g",
    "7449df60135b920e62cdc9aeaefe3db8d099bd5e955796ca777bce963ad19d7f",
    "473861476fe7afe66dca064b47d2af29f6b1a9865ed7c2e380601d7a5ba52b76",
  ],
  [
    "sed -n '/Gamma/,/nee/p'",
    "aac6356900f14bb163dfc6975f777c1fbb593f9be1777f96cca71adfb2855d37",
    "be80141182ddce84e73520f94541df8866475473a4247596ae68c34b6e01e4ff",
  ],
  [
    "sed '$!N;P;D'",
    "204ba6d9fd37d4ee80ffff6eb728a699933744f97b71004d846ed0ce2966bad1",
    "6b3796f5a7018fff09baa89c41316c0a16eeb390d031a261bbc83a1ef4b548a4",
  ],
  [
    "uniq -c",
    "8953f277d6910b167d7c286cacef64a10974185bc981ed4128fa6df54af7799e",
    "7e811f3a2aa8022ca9b5b3f17401b295bfe2064e3a75e18282441120742398b4",
  ],
  [
    "sort",
    "21c14f687e18c70f15f3bfcec16d7ae7bd1b1bd2af437b3b6c2d1ec9117a102f",
    "172a829214f693818124af96914e272924047ec10d905a8df09987a06e29ea10",
  ],
  [
    "sort -u",
    "6dc28d9ac96219af75933da67c0733d431d7251f2841b237b8c2248f837d1b99",
    "df8814f865d44e43538b0232436b644e77550bf5fa8a9710882d788a2ed8d478",
  ],
  [
    "sort -n -k 2",
    "321d4cd1bfff177263afd174f9163bc741344a96fba43a5e98ab2c6b33032247",
    "95bc2d302fc0c9b4dcc198c22d399881985160e5e3be64a174599bb6c09decec",
  ],
  [
    "awk '{ n += NF } END { print n, NR }'",
    "92e0b566e2f7796ac816574b72dad86d020cba851fa8c8a57d3e8775339ca6e3",
    "e8c11ae15bff9511d0a54e36cdc9ca197327594f9982a0ee18201d157b4ffe1a",
  ],
  [
    "awk '{ print $2, length($0) }'",
    "06f4335a2aeb62424c2c8725dacd9536e3e02c2257144582f756c3b24f113a97",
    "8b4709b66ee5ed08b5939de71a77aa6ffdf6a9218c292519fd4acde494072f56",
  ],
  [
    "head -n 40",
    "294c78854ef17532cca2ed644610370ddf350d9bc585c039e912851427f044eb",
    "a326aba33251eec15b0ca4e95b43d181c4863a9eeaeae038637f87f43d416f4a",
  ],
  [
    "head -c 8000",
    "51e7e3bff8c124e990d310f4b478ece70844bc2dda0999befc0e534e5275253d",
    "ff8e6c7bddeb0658ae63234c45f9903302edefb7434d263bc405658aa37bf21b",
  ],
  [
    "tail -n 30",
    "ff3ff4854a89de89f3ac95dccc2dc4ec63c0d56db2449cfeb31690ef0584287d",
    "b3814638c6d383ee2bcdffdb9562e6127029caaebba87644a0bd2f28a3279311",
  ],
  [
    "tail -c 5000",
    "4366a54626df02317ea78c228430b7c0884ac4a304337a5e41489dd740b06e81",
    "c2d21ef4635c930047daf3ae12afb74a24fc87ed89f2ccc5452709c283dad11f",
  ],
  [
    "nl",
    "2a5899516d5bcadf06bd9b15d177b375f42adb0965e8bbae31d447729adc4208",
    "b4f9a02024325935050a008d5d53fdf28bd7581cec06bf61cd8bac165c35a52c",
  ],
  [
    "cat -A",
    "bae60865639b4c4079c7e4c09380e72065eacc3e7da0c5578345e52c13558d95",
    "0ac4a9b4ef4a68eba38eff3f86270e21997ee4ba6a5e75619e55e03545b215ea",
  ],
  [
    "rev",
    "eb5e8a5f00a930514431fcaae3fd958a43e405308430d348180039c2ee18486b",
    "53e2f842876f1bf2d3730709bb91681c27c8bb89e6ed65ea7bb01309636ead65",
  ],
  [
    "tac",
    "5526b45444fcb0a486d0fa9bc665db0b976bc8d227c568c49479734f19f20dc5",
    "ff722945ec50741da931ef16e42f54e54930f173e663c4084a7841a8fa0ddfbd",
  ],
  [
    "fold -w 31",
    "32acbb8d47fe02624f055ce64cd79001a98135f31947d4803400bd8ff3df8a34",
    "0ae750cbed2fbfa17759dcd834788f813e7044c187888d42051c32c0b2268d5d",
  ],
  [
    "fold -s -w 20",
    "51bbf51ff08b7e6bceed220a3c50736794995e9b61d3ab7f4a2731902e1c58b2",
    "010a995ebcd1f752f0d68fe1564a235a4202b0f484ab441ce39cd0c5bd6b028f",
  ],
  [
    "expand",
    "1a77f3bbc8cf47a3c18226916324bb9eb49f961bc1e50c9b39726cfc80248916",
    "b2b163698306ed61d08a05bd4eef2ab17464501839cac03f79058229a6b56596",
  ],
  [
    "unexpand -a",
    "07cb6795518e712ed263cd093565b1b096f59c74cb47d581f43585a08692cc96",
    "ea83aa6a725eacb39a879d37ea4a09f2d25d7ce07905d01778f20cf055c4319b",
  ],
  [
    "od",
    "ed01e446f2711d31027c2dd755fb811ccf60d689fe498dc0f3a139bc91e79902",
    "acdab59285b8f325f63fe14dfcf1e205f9fffff3ebda208b3e6162e4a069eb2a",
  ],
  [
    "hexdump -C",
    "3d072e26c2491a92f1fbce508c6d3980ab78d46886efc929fda63a18005679f7",
    "a9331e88b8b69bd137aee60d9e087f371500b66f62b3cef0ce90cd1029f09de7",
  ],
  [
    "xxd",
    "620d588275a2265453f58c2babc15b74aa7d33e117ac31fef498efa3d2823dc3",
    "daed48e2aaf8726e4e31444de02bc4cbace4f1376a9fed09330f62ae9c64bd12",
  ],
  [
    "strings",
    "ec95e94e5acd091a3e4a9a9758b3966dec45c1c9e2265054ec509b2e23475736",
    "aa68770cb0b3cd3c7dc2d685881a56f7fa89adbf7a2513bf7dfc4f99511ef3f9",
  ],
  [
    "base64",
    "94edc682a44210727f903db00ce9f00afff71164610432b39d9b6e673b662c9d",
    "305d8d006e1972e2d20b385447abebc8ce7796cea68e20e4fd4ba0a1a8231b0b",
  ],
  [
    "uuencode name",
    "2b041634383d017e416e9013c86f92f4e3506e664e380d47fc179eecfb280746",
    "e2e3e3d0b7ff150d976cd8af004596c9d71942157615cde8250e92b7f846517e",
  ],
  [
    "paste - - -",
    "98122048aa3eaaffbbbfa7648ace9771c96fb0befb14721ccf0f943fdf3a06c0",
    "5c272a125448cd3340f5ba53ca34a21687464014a97e9ad6a77e947709e4daab",
  ],
  [
    "dd bs=1000 2>/dev/null",
    "1a77f3bbc8cf47a3c18226916324bb9eb49f961bc1e50c9b39726cfc80248916",
    "b2b163698306ed61d08a05bd4eef2ab17464501839cac03f79058229a6b56596",
  ],
  [
    "gzip -c | gunzip -c",
    "1a77f3bbc8cf47a3c18226916324bb9eb49f961bc1e50c9b39726cfc80248916",
    "b2b163698306ed61d08a05bd4eef2ab17464501839cac03f79058229a6b56596",
  ],
  [
    "bzip2 -c | bunzip2 -c",
    "1a77f3bbc8cf47a3c18226916324bb9eb49f961bc1e50c9b39726cfc80248916",
    "b2b163698306ed61d08a05bd4eef2ab17464501839cac03f79058229a6b56596",
  ],
  [
    "od -A x -t x1",
    "96acaf72d54c3d8e6f156cdda4d5749771e70b4966079bbb6e1b4c7ddf535ffa",
    "cb7bd02887dc892ac29b12b4ffa23526329cae53fc708c25ab33465c6a487967",
  ],
];

const LARGE = 300_007;
const SMALL = 9001;

function* pieces(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

async function digest(bytes: Uint8Array): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(bytes))).toHex();
}

const RUNS = [
  { size: LARGE, steps: [61, 4095, 65536, 262144], column: 1 },
  { size: SMALL, steps: [1, 7], column: 2 },
] as const;

for (const { size, steps, column } of RUNS) {
  for (const step of steps) {
    Deno.test(`text: ${size} bytes of input in pieces of ${step}`, async () => {
      await using sandbox = await Sandbox.create();
      const bytes = input(size);
      for (const row of CASES) {
        const result = await sandbox.sh(row[0], {
          stdin: pieces(bytes, step),
          env: { LC_ALL: "C" },
        });
        const label = `${row[0]} ${result.stderr}`;
        assertEquals(await digest(result.stdout), row[column], label);
      }
    });
  }
}
