PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE meta (
	"key" TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY ("key")
)
 STRICT

;
INSERT INTO meta VALUES('format','1');
CREATE TABLE runs (
	id TEXT NOT NULL, 
	started TEXT NOT NULL, 
	finished TEXT, 
	state TEXT NOT NULL, 
	suite TEXT NOT NULL, 
	command TEXT NOT NULL, 
	environment TEXT NOT NULL, 
	settings TEXT NOT NULL, 
	PRIMARY KEY (id)
)
 STRICT

;
INSERT INTO runs VALUES('20261127-055640-4278','2026-11-27T05:56:40.817+00:00','2026-11-27T05:56:43.382+00:00','complete','tutorial/1','assay run --plugin mine.py --tokenizers regex,gpt2 --attentions none --budget 0.05s -q','{"python": "CPython 3.11.7", "platform": "Linux-6.1.0-x86_64-with-glibc2.36", "processor": "Intel(R) Xeon(R) Processor", "cores": "2", "load": "2.45", "assay": "0.1.0", "torch": "2.13.0+cpu", "tiktoken": "0.14.0", "pluggy": "1.7.0", "numpy": "2.4.6", "pandas": "3.1.1"}','{"plugins": ["mine.py"], "block": [], "load": null, "baselines": ["gpt2", "sdpa"], "budget_s": 0.05, "epochs": 1, "precision": 0.01, "timeout_s": 120.0, "memory_bytes": null, "threads": 1, "grid": false, "seed": 20479, "metrics": [{"name": "seven", "unit": "wonders", "meaning": "always seven", "exact": true}]}');
INSERT INTO runs VALUES('20261127-055644-0466','2026-11-27T05:56:44.043+00:00','2026-11-27T05:56:51.041+00:00','complete','workloads/1','assay run --workload module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2 --attentions sdpa,causal --tokenizers none --budget 0.05s -q','{"python": "CPython 3.11.7", "platform": "Linux-6.1.0-x86_64-with-glibc2.36", "processor": "Intel(R) Xeon(R) Processor", "cores": "2", "load": "2.45", "assay": "0.1.0", "torch": "2.13.0+cpu", "tiktoken": "0.14.0", "pluggy": "1.7.0", "numpy": "2.4.6", "pandas": "3.1.1"}','{"plugins": [], "block": [], "load": null, "baselines": ["naive", "multi-head-split", "kv-cache", "sdpa"], "budget_s": 0.05, "epochs": 1, "precision": 0.01, "timeout_s": 120.0, "memory_bytes": null, "threads": 1, "grid": false, "seed": 20479, "metrics": []}');
CREATE TABLE cases (
	run TEXT NOT NULL, 
	id TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	plugin TEXT NOT NULL, 
	parameters TEXT NOT NULL, 
	PRIMARY KEY (run, id), 
	FOREIGN KEY(run) REFERENCES runs (id)
)
 STRICT

;
INSERT INTO cases VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex',0,'tokenizer','regex','{"kind": "tokenizer", "tokenizer": "regex", "corpus": "the-verdict", "held_out": 0.0, "trained_on": null, "sample": 0.0}');
INSERT INTO cases VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2',1,'tokenizer','gpt2','{"kind": "tokenizer", "tokenizer": "gpt2", "corpus": "the-verdict", "held_out": 0.0, "trained_on": null, "sample": 0.0}');
INSERT INTO cases VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/regex',2,'tokenizer','regex','{"kind": "tokenizer", "tokenizer": "regex", "corpus": "the-verdict", "held_out": 0.1, "trained_on": null, "sample": 0.0}');
INSERT INTO cases VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2',3,'tokenizer','gpt2','{"kind": "tokenizer", "tokenizer": "gpt2", "corpus": "the-verdict", "held_out": 0.1, "trained_on": null, "sample": 0.0}');
INSERT INTO cases VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2/sdpa',0,'attention','sdpa','{"kind": "attention", "attention": "sdpa", "workload": {"level": "module", "batch": 8, "q_len": 4, "kv_len": 4, "q_heads": 4, "kv_heads": 4, "d_qk": 64, "d_v": 64, "d_model": 256, "semantics": {"kind": "softmax", "mask": "causal", "reach": 0, "bias": "none", "dropout": 0.0}, "phase": "fwd", "dtype": "f32", "device": "cpu", "threads": 1, "seed": 123, "source": {"corpus": "the-verdict", "tokenizer": "gpt2"}}}');
INSERT INTO cases VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2/causal',1,'attention','causal','{"kind": "attention", "attention": "causal", "workload": {"level": "module", "batch": 8, "q_len": 4, "kv_len": 4, "q_heads": 4, "kv_heads": 4, "d_qk": 64, "d_v": 64, "d_model": 256, "semantics": {"kind": "softmax", "mask": "causal", "reach": 0, "bias": "none", "dropout": 0.0}, "phase": "fwd", "dtype": "f32", "device": "cpu", "threads": 1, "seed": 123, "source": {"corpus": "the-verdict", "tokenizer": "gpt2"}}}');
CREATE TABLE anchors (
	run TEXT NOT NULL, 
	"group" TEXT NOT NULL, 
	name TEXT NOT NULL, 
	number INTEGER NOT NULL, 
	work INTEGER NOT NULL, 
	loops INTEGER NOT NULL, 
	wall_ns INTEGER NOT NULL, 
	cpu_ns INTEGER NOT NULL, 
	epoch INTEGER NOT NULL, 
	PRIMARY KEY (run, "group", name, number), 
	FOREIGN KEY(run) REFERENCES runs (id)
)
 STRICT

;
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/all','python',0,20000,8,4010749,3977265,0);
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/all','python',1,20000,8,3779800,3746219,0);
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/all','python',2,20000,8,8518948,4475664,0);
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/all','python',3,20000,8,4040204,3972140,0);
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/all','python',4,20000,8,3909564,3881248,0);
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/all','python',5,20000,8,3918380,3915623,0);
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/all','python',6,20000,8,3935371,3903837,0);
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/all','copy',0,8388608,1,7805748,3780301,0);
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/all','copy',1,8388608,1,1283095,1278881,0);
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/all','copy',2,8388608,1,1282040,1276690,0);
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/all','copy',3,8388608,1,1284858,1278965,0);
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/all','copy',4,8388608,1,1209754,1205169,0);
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/all','copy',5,8388608,1,1217585,1214241,0);
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/all','copy',6,8388608,1,1195880,1192308,0);
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/all','python-twin',0,20000,8,3991720,3966478,0);
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/all','python-twin',1,20000,8,3917182,3913509,0);
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/all','python-twin',2,20000,8,4245422,4211385,0);
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/all','python-twin',3,20000,8,3932700,3929544,0);
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/all','python-twin',4,20000,8,3927762,3923793,0);
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/all','python-twin',5,20000,8,3887349,3883831,0);
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/all','python-twin',6,20000,8,3999482,3995878,0);
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10','python',0,20000,8,3894877,3891776,0);
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10','python',1,20000,8,3971736,3896305,0);
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10','python',2,20000,8,3825150,3821088,0);
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10','python',3,20000,8,7726889,4143232,0);
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10','python',4,20000,8,3876801,3840522,0);
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10','python',5,20000,8,3898983,3889239,0);
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10','python',6,20000,8,3915647,3912859,0);
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10','copy',0,8388608,1,3446806,3442941,0);
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10','copy',1,8388608,1,1218380,1213219,0);
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10','copy',2,8388608,1,1248245,1242486,0);
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10','copy',3,8388608,1,1364177,1321584,0);
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10','copy',4,8388608,1,1269476,1265123,0);
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10','copy',5,8388608,1,1277927,1273616,0);
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10','copy',6,8388608,1,1204473,1201211,0);
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10','python-twin',0,20000,8,6186522,4027922,0);
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10','python-twin',1,20000,8,3960357,3957768,0);
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10','python-twin',2,20000,8,3922765,3919744,0);
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10','python-twin',3,20000,8,4122335,4118828,0);
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10','python-twin',4,20000,8,10809309,4033355,0);
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10','python-twin',5,20000,8,3828649,3798338,0);
INSERT INTO anchors VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10','python-twin',6,20000,8,3976385,3942230,0);
INSERT INTO anchors VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2','python',0,20000,8,4062893,4060312,0);
INSERT INTO anchors VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2','python',1,20000,8,3962558,3959823,0);
INSERT INTO anchors VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2','python',2,20000,8,4100288,3944198,0);
INSERT INTO anchors VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2','python',3,20000,8,3928625,3917527,0);
INSERT INTO anchors VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2','python',4,20000,8,4128733,4060160,0);
INSERT INTO anchors VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2','python',5,20000,8,4036401,4032146,0);
INSERT INTO anchors VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2','python',6,20000,8,7966173,3942861,0);
INSERT INTO anchors VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2','copy',0,8388608,1,3789220,3785008,0);
INSERT INTO anchors VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2','copy',1,8388608,1,1184096,1181929,0);
INSERT INTO anchors VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2','copy',2,8388608,1,1248819,1245768,0);
INSERT INTO anchors VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2','copy',3,8388608,1,1264022,1260021,0);
INSERT INTO anchors VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2','copy',4,8388608,1,1269930,1267144,0);
INSERT INTO anchors VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2','copy',5,8388608,1,1291527,1287755,0);
INSERT INTO anchors VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2','copy',6,8388608,1,1209598,1206641,0);
INSERT INTO anchors VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2','python-twin',0,20000,8,4135838,4132638,0);
INSERT INTO anchors VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2','python-twin',1,20000,8,3922987,3854001,0);
INSERT INTO anchors VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2','python-twin',2,20000,8,4113399,4079263,0);
INSERT INTO anchors VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2','python-twin',3,20000,8,3989669,3986348,0);
INSERT INTO anchors VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2','python-twin',4,20000,8,3953014,3950085,0);
INSERT INTO anchors VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2','python-twin',5,20000,8,3955948,3953224,0);
INSERT INTO anchors VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2','python-twin',6,20000,8,3988044,3984614,0);
INSERT INTO anchors VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2','gemm',0,113246208,6,3647901,3642787,0);
INSERT INTO anchors VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2','gemm',1,113246208,6,3887009,3879142,0);
INSERT INTO anchors VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2','gemm',2,113246208,6,3806073,3730433,0);
INSERT INTO anchors VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2','gemm',3,113246208,6,3641586,3635247,0);
INSERT INTO anchors VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2','gemm',4,113246208,6,3663750,3657038,0);
INSERT INTO anchors VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2','gemm',5,113246208,6,3917849,3910545,0);
INSERT INTO anchors VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2','gemm',6,113246208,6,4011704,3939480,0);
INSERT INTO anchors VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2','stream',0,134217728,1,10051431,9942616,0);
INSERT INTO anchors VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2','stream',1,134217728,1,10262809,10211648,0);
INSERT INTO anchors VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2','stream',2,134217728,1,9962529,9959379,0);
INSERT INTO anchors VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2','stream',3,134217728,1,9732863,9678616,0);
INSERT INTO anchors VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2','stream',4,134217728,1,9945473,9875349,0);
INSERT INTO anchors VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2','stream',5,134217728,1,17988537,9932566,0);
INSERT INTO anchors VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2','stream',6,134217728,1,22102417,10075555,0);
CREATE TABLE measurements (
	run TEXT NOT NULL, 
	"case" TEXT NOT NULL, 
	status TEXT NOT NULL, 
	reason TEXT, 
	remedy TEXT, 
	expected INTEGER NOT NULL, 
	stored TEXT NOT NULL, 
	PRIMARY KEY (run, "case"), 
	FOREIGN KEY(run, "case") REFERENCES cases (run, id)
)
 STRICT

;
INSERT INTO measurements VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','ok',NULL,NULL,0,'2026-11-27T05:56:42.835+00:00');
INSERT INTO measurements VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','ok',NULL,NULL,0,'2026-11-27T05:56:42.836+00:00');
INSERT INTO measurements VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/regex','failed','the word ''Hang'' is not in the vocabulary',NULL,1,'2026-11-27T05:56:43.358+00:00');
INSERT INTO measurements VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','ok',NULL,NULL,0,'2026-11-27T05:56:43.358+00:00');
INSERT INTO measurements VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2/sdpa','ok',NULL,NULL,0,'2026-11-27T05:56:50.944+00:00');
INSERT INTO measurements VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2/causal','unsupported','4 heads are more than 1',NULL,0,'2026-11-27T05:56:50.950+00:00');
CREATE TABLE metrics (
	run TEXT NOT NULL, 
	"case" TEXT NOT NULL, 
	name TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	type TEXT NOT NULL, 
	number REAL, 
	text TEXT, 
	PRIMARY KEY (run, "case", name), 
	FOREIGN KEY(run, "case") REFERENCES measurements (run, "case")
)
 STRICT

;
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','vocabulary_size',0,'int',1159.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','used_ids',1,'int',1159.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','special_ids',2,'int',0.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','vocabulary_utilisation',3,'float',1.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','renyi_efficiency_used',4,'float',0.58612927487403509996,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','renyi_efficiency_nominal',5,'float',0.58612927487403509996,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','documents',6,'int',1.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','characters',7,'int',20479.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','bytes',8,'int',20479.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','tokens',9,'int',4649.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','unknown_tokens',10,'int',0.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','unknown_token_rate',11,'float',0.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','bytes_per_token',12,'float',4.4050333405033343936,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','characters_per_token',13,'float',4.4050333405033343936,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','spaceless_share',14,'float',0.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','words',15,'int',3747.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','fertility',16,'float',1.2407259140645849893,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','ids_sha256',17,'str',NULL,'75a032f2bfd7fe8738abdb9e8f29ae1310a7a13e9e667901b4a9b756d7250b35');
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','round_trip',18,'float',0.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','ids_as',19,'str',NULL,'list');
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','special_tokens',20,'str',NULL,'none');
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','words_seen_before',21,'float',0.59135938359933959418,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','build_seconds',22,'float',0.0098158400001011614222,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','build_bytes',23,'int',249856.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','round_trip_difference',24,'str',NULL,'document 0 differs at character 55: ''cheap genius--though a g'' became ''cheap genius -- though a''');
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','encode_seconds',25,'float',0.00044728740909090913997,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','encode_spread',26,'float',0.45553405614836023351,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','encode_contention',27,'float',1.0647001593319096457,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','encode_samples',28,'int',7.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','encode_tokens_per_s',29,'float',10393764.513624196871,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','encode_mb_per_s',30,'float',45.784879215855006861,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','encode_ratio',31,'float',0.43984066146992850665,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','encode_ratio_low',32,'float',0.4147053866919461762,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','encode_ratio_high',33,'float',0.47086608120910744545,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','decode_seconds',34,'float',0.00023866862500000000902,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','decode_spread',35,'float',0.31300533772056793324,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','decode_contention',36,'float',1.4383933361493985714,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','decode_samples',37,'int',7.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','decode_tokens_per_s',38,'float',19478890.44904834032,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','decode_mb_per_s',39,'float',85.805161864069901863,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','decode_ratio',40,'float',1.8524842448932787863,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','decode_ratio_low',41,'float',1.8119623798614978849,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','decode_ratio_high',42,'float',1.9093577193396802371,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','baseline',43,'str',NULL,'gpt2');
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','compression',44,'float',1.10668961066896121,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','copy_fraction',45,'float',0.0070747936331070314375,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','peak_bytes',46,'int',0.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','predicted_seconds',47,'float',0.00035261518832380248653,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','first_call_seconds',48,'float',0.00012433400002009875606,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','predicted_bytes',49,'int',0.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','stopped_by',50,'str',NULL,'budget');
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','prediction_error',51,'float',-0.21165858649927915546,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','seven',52,'int',7.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','vocabulary_size',0,'int',50257.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','used_ids',1,'int',1416.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','assigned_ids',2,'int',50257.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','special_ids',3,'int',1.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','vocabulary_utilisation',4,'float',0.028175179576974351824,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','renyi_efficiency_used',5,'float',0.60944557114931263708,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','renyi_efficiency_nominal',6,'float',0.40849207630608697083,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','documents',7,'int',1.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','characters',8,'int',20479.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','bytes',9,'int',20479.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','tokens',10,'int',5145.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','unknown_tokens',11,'int',0.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','unknown_token_rate',12,'float',0.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','bytes_per_token',13,'float',3.9803692905733720763,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','characters_per_token',14,'float',3.9803692905733720763,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','spaceless_share',15,'float',0.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','words',16,'int',3747.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','fertility',17,'float',1.3730984787830264881,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','continued_words',18,'float',0.096877502001601278891,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','ids_sha256',19,'str',NULL,'880d1f4ef437f0329dae21b356011413d9aca1653180417fdcfb1a3ed8029dc8');
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','round_trip',20,'float',1.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','ids_as',21,'str',NULL,'list');
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','special_tokens',22,'str',NULL,'eos=<|endoftext|>, recognised');
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','words_seen_before',23,'float',0.59135938359933959418,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','build_seconds',24,'float',0.14376389899985042575,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','build_bytes',25,'int',22421504.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','encode_seconds',26,'float',0.0013586183999999999413,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','encode_spread',27,'float',0.24504423022682453314,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','encode_contention',28,'float',1.4024162130979056506,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','encode_samples',29,'int',7.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','encode_tokens_per_s',30,'float',3786935.3160534263587,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','encode_mb_per_s',31,'float',15.073401037406824798,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','encode_ratio',32,'float',1.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','decode_seconds',33,'float',0.00012381040350877193676,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','decode_spread',34,'float',0.04062934441498197019,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','decode_contention',35,'float',1.3977486305874373684,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','decode_samples',36,'int',7.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','decode_tokens_per_s',37,'float',41555473.96819103509,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','decode_mb_per_s',38,'float',165.40613243820877186,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','decode_ratio',39,'float',1.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','baseline',40,'str',NULL,'gpt2');
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','compression',41,'float',1.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','copy_fraction',42,'float',0.003190033647812539827,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','peak_bytes',43,'int',0.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','predicted_seconds',44,'float',0.00076911101808115577005,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','first_call_seconds',45,'float',0.00029294899991327838506,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','predicted_bytes',46,'int',0.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','stopped_by',47,'str',NULL,'budget');
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','prediction_error',48,'float',-0.43390210372452209242,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','seven',49,'int',7.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','vocabulary_size',0,'int',50257.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','used_ids',1,'int',304.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','assigned_ids',2,'int',50257.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','special_ids',3,'int',1.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','vocabulary_utilisation',4,'float',0.0060489086097459060856,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','renyi_efficiency_used',5,'float',0.75684953223952966538,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','renyi_efficiency_nominal',6,'float',0.39971987687304705305,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','documents',7,'int',1.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','characters',8,'int',2675.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','bytes',9,'int',2675.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','tokens',10,'int',685.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','unknown_tokens',11,'int',0.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','unknown_token_rate',12,'float',0.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','bytes_per_token',13,'float',3.9051094890510946733,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','characters_per_token',14,'float',3.9051094890510946733,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','spaceless_share',15,'float',0.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','words',16,'int',508.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','fertility',17,'float',1.3484251968503937479,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','continued_words',18,'float',0.094488188976377951444,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','ids_sha256',19,'str',NULL,'f4227249815de17aa275b1b0a229c66866b43af22cf5b026a1ad6080a311605e');
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','round_trip',20,'float',1.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','ids_as',21,'str',NULL,'list');
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','special_tokens',22,'str',NULL,'eos=<|endoftext|>, recognised');
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','words_seen_before',23,'float',0.42885771543086170787,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','build_seconds',24,'float',0.090255664000096658128,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','build_bytes',25,'int',11014144.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','encode_seconds',26,'float',0.0001906884479166666489,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','encode_spread',27,'float',0.10615421664843678606,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','encode_contention',28,'float',1.7497555219633562639,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','encode_samples',29,'int',7.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','encode_tokens_per_s',30,'float',3592246.9739716690964,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','encode_mb_per_s',31,'float',14.028117745071845944,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','encode_ratio',32,'float',1.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','decode_seconds',33,'float',1.2203970744680851996e-05,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','decode_spread',34,'float',0.14903878947665483156,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','decode_contention',35,'float',1.4202757072725620268,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','decode_samples',36,'int',7.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','decode_tokens_per_s',37,'float',56129272.540132880212,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','decode_mb_per_s',38,'float',219.1909548100079519,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','decode_ratio',39,'float',1.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','baseline',40,'str',NULL,'gpt2');
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','compression',41,'float',1.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','copy_fraction',42,'float',0.0036114717850098294882,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','peak_bytes',43,'int',0.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','predicted_seconds',44,'float',7.9955585565665498407e-05,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','first_call_seconds',45,'float',0.00012118699987695435993,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','predicted_bytes',46,'int',0.0,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','stopped_by',47,'str',NULL,'budget');
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','prediction_error',48,'float',-0.58070042291913170906,NULL);
INSERT INTO metrics VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','seven',49,'int',7.0,NULL);
INSERT INTO metrics VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2/sdpa','error',0,'float',3.5636896287272179506e-06,NULL);
INSERT INTO metrics VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2/sdpa','naive_error',1,'float',3.5636896287272179506e-06,NULL);
INSERT INTO metrics VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2/sdpa','checked_queries',2,'float',1.0,NULL);
INSERT INTO metrics VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2/sdpa','properties',3,'str',NULL,'repeat, afresh, unseen, strided, length-one, odd-heads, batch');
INSERT INTO metrics VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2/sdpa','dispatched',4,'str',NULL,'_scaled_dot_product_flash_attention_for_cpu, mm');
INSERT INTO metrics VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2/sdpa','build_seconds',5,'float',0.00010970300013468659017,NULL);
INSERT INTO metrics VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2/sdpa','first_step_seconds',6,'float',0.0003866140000000000223,NULL);
INSERT INTO metrics VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2/sdpa','step_seconds',7,'float',0.00017041045652173912963,NULL);
INSERT INTO metrics VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2/sdpa','step_spread',8,'float',0.091008270185502226912,NULL);
INSERT INTO metrics VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2/sdpa','step_contention',9,'float',1.0073586889168817393,NULL);
INSERT INTO metrics VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2/sdpa','step_samples',10,'int',7.0,NULL);
INSERT INTO metrics VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2/sdpa','tokens_per_s',11,'float',187781.90407533932012,NULL);
INSERT INTO metrics VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2/sdpa','step_ratio',12,'float',1.0,NULL);
INSERT INTO metrics VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2/sdpa','baseline',13,'str',NULL,'sdpa');
INSERT INTO metrics VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2/sdpa','credited_flop',14,'int',16859136.0,NULL);
INSERT INTO metrics VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2/sdpa','flop_per_s',15,'float',98932520598.284378054,NULL);
INSERT INTO metrics VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2/sdpa','credited_bytes',16,'int',1114112.0,NULL);
INSERT INTO metrics VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2/sdpa','gb_per_s',17,'float',6.5378147722870139091,NULL);
INSERT INTO metrics VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2/sdpa','gemm_fraction',18,'float',0.57603164464449851944,NULL);
INSERT INTO metrics VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2/sdpa','stream_fraction',19,'float',0.50664870927503269371,NULL);
INSERT INTO metrics VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2/sdpa','roofline_fraction',20,'float',0.57603164464449851944,NULL);
INSERT INTO metrics VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2/sdpa','peak_bytes',21,'int',163840.0,NULL);
INSERT INTO metrics VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2/sdpa','peak_resident_bytes',22,'int',0.0,NULL);
INSERT INTO metrics VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2/sdpa','predicted_seconds',23,'float',0.00016301837583656216576,NULL);
INSERT INTO metrics VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2/sdpa','predicted_bytes',24,'int',163840.0,NULL);
INSERT INTO metrics VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2/sdpa','stopped_by',25,'str',NULL,'budget');
INSERT INTO metrics VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2/sdpa','overhead_bound',26,'bool',0.0,NULL);
INSERT INTO metrics VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2/sdpa','prediction_error',27,'float',-0.043378093316908450383,NULL);
INSERT INTO metrics VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2/sdpa','memory_prediction_error',28,'float',0.0,NULL);
CREATE TABLE samples (
	run TEXT NOT NULL, 
	"case" TEXT NOT NULL, 
	operation TEXT NOT NULL, 
	place INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	loops INTEGER NOT NULL, 
	wall_ns INTEGER NOT NULL, 
	cpu_ns INTEGER NOT NULL, 
	epoch INTEGER NOT NULL, 
	PRIMARY KEY (run, "case", operation, number), 
	FOREIGN KEY(run, "case") REFERENCES measurements (run, "case")
)
 STRICT

;
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','encode',0,0,22,18367219,10320588,0);
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','encode',0,1,22,9132275,9128367,0);
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','encode',0,2,22,18450786,10293869,0);
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','encode',0,3,22,18554480,9624528,0);
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','encode',0,4,22,9840323,9242342,0);
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','encode',0,5,22,9452273,9399454,0);
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','encode',0,6,22,9435323,9335384,0);
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','decode',1,0,56,18767565,9443735,0);
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','decode',1,1,56,8902205,8859260,0);
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','decode',1,2,56,8977177,8912221,0);
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','decode',1,3,56,17358099,9279337,0);
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','decode',1,4,56,17255103,9165140,0);
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','decode',1,5,56,13365443,9291925,0);
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/all/regex','decode',1,6,56,8866887,8829166,0);
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','encode',0,0,10,21831248,11312070,0);
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','encode',0,1,10,9602732,9500007,0);
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','encode',0,2,10,13586184,9500695,0);
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','encode',0,3,10,14077949,10038353,0);
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','encode',0,4,10,18315551,10171263,0);
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','encode',0,5,10,9469596,9407846,0);
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','encode',0,6,10,9473904,9425736,0);
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','decode',1,0,114,14131157,10068698,0);
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','decode',1,1,114,9798606,9692859,0);
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','decode',1,2,114,13424261,9408577,0);
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','decode',1,3,114,18363671,10260380,0);
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','decode',1,4,114,14114386,10097943,0);
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','decode',1,5,114,14716939,10573619,0);
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/all/gpt2','decode',1,6,114,13130002,9919444,0);
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','encode',0,0,96,14783780,10669439,0);
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','encode',0,1,96,18306091,10462085,0);
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','encode',0,2,96,18901033,10764129,0);
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','encode',0,3,96,20971137,10969221,0);
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','encode',0,4,96,18669390,10623246,0);
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','encode',0,5,96,15013568,11006651,0);
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','encode',0,6,96,10300226,10270935,0);
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','decode',1,0,1128,9683230,9611997,0);
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','decode',1,1,1128,17741761,9688235,0);
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','decode',1,2,1128,13789378,9716674,0);
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','decode',1,3,1128,18200044,10118044,0);
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','decode',1,4,1128,13641190,9604607,0);
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','decode',1,5,1128,13766079,9678813,0);
INSERT INTO samples VALUES('20261127-055640-4278','tokenizer/the-verdict/held-out-10/gpt2','decode',1,6,1128,9619114,9570436,0);
INSERT INTO samples VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2/sdpa','step',0,0,46,7838881,7829385,0);
INSERT INTO samples VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2/sdpa','step',0,1,46,7608847,7569927,0);
INSERT INTO samples VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2/sdpa','step',0,2,46,7907395,7849632,0);
INSERT INTO samples VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2/sdpa','step',0,3,46,7087788,7035317,0);
INSERT INTO samples VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2/sdpa','step',0,4,46,11417457,7387889,0);
INSERT INTO samples VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2/sdpa','step',0,5,46,9863269,7506191,0);
INSERT INTO samples VALUES('20261127-055644-0466','attention/module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2/sdpa','step',0,6,46,7308205,7301219,0);
COMMIT;
