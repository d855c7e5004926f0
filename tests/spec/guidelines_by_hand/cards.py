"""What each card of the guideline rules asks of a person, a second time."""

from tests.spec.guidelines_by_hand.pilot import two_of_four

CARDS = {
    "01-hba1c-overdue/overdue": lambda p: p.type_2_diabetes & (p.days_since_hba1c > 183),
    "02-hba1c-target/intensify": lambda p: p.type_2_diabetes & (p.hba1c >= 58) & ~(p.frailty | p.hypoglycaemia),
    "02-hba1c-target/above-target-hypoglycaemia": lambda p: (
        p.type_2_diabetes & (p.hba1c > 53) & (p.hba1c < 58) & (p.sulfonylurea | p.insulin)
    ),
    "02-hba1c-target/above-target": lambda p: (
        p.type_2_diabetes & (p.hba1c > 48) & (p.hba1c < 58) & ~(p.sulfonylurea | p.insulin)
    ),
    "02-hba1c-target/tight-control": lambda p: (
        p.type_2_diabetes & (p.hba1c < 53) & (p.sulfonylurea | p.insulin) & (p.frailty | p.hypoglycaemia)
    ),
    "02-hba1c-target/unreliable": lambda p: p.type_2_diabetes & (p.egfr < 30),
    "03-metformin-kidney/stop": lambda p: p.metformin & (p.egfr < 30),
    "03-metformin-kidney/review-dose": lambda p: p.metformin & (p.egfr < 45) & (p.egfr >= 30),
    "04-sglt2-first-line/offer": lambda p: (
        p.type_2_diabetes & ~p.sglt2_inhibitor & (p.egfr >= 30) & ~(p.type_1_diabetes | p.ketoacidosis)
    ),
    "05-glucose-lowering-low-egfr/sglt2-and-dpp4": lambda p: (
        p.type_2_diabetes & ~p.sglt2_inhibitor & (p.egfr >= 20) & (p.egfr < 30) & ~p.ketoacidosis
    ),
    "05-glucose-lowering-low-egfr/dpp4": lambda p: p.type_2_diabetes & ~p.dpp4_inhibitor & (p.egfr < 20),
    "06-sglt2-heart-kidney/recommend": lambda p: (
        p.type_2_diabetes & (p.heart_failure | p.chronic_kidney_disease) & ~p.sglt2_inhibitor & (p.egfr >= 20)
    ),
    "07-sglt2-safety/ketoacidosis": lambda p: p.sglt2_inhibitor & p.ketoacidosis,
    "07-sglt2-safety/foot-ulcer": lambda p: p.sglt2_inhibitor & p.foot_ulcer,
    "07-sglt2-safety/sick-days": lambda p: p.sglt2_inhibitor,
    "08-hfref-treatment/raas": lambda p: p.heart_failure & (p.lvef <= 40) & ~(p.ace_inhibitor | p.arb),
    "08-hfref-treatment/beta-blocker": lambda p: p.heart_failure & (p.lvef <= 40) & ~p.beta_blocker,
    "08-hfref-treatment/mra": lambda p: p.heart_failure & (p.lvef <= 40) & ~p.mra,
    "08-hfref-treatment/sglt2": lambda p: p.heart_failure & (p.lvef <= 40) & ~p.sglt2_inhibitor,
    "08-hfref-treatment/arni": lambda p: (
        p.heart_failure
        & (p.lvef <= 40)
        & (p.ace_inhibitor | p.arb)
        & ~p.arni
        & p.nyha_class.one_of("NYHA II", "NYHA III", "NYHA IV")
    ),
    "09-hf-above-40/mra": lambda p: p.heart_failure & (p.lvef > 40) & ~p.mra,
    "09-hf-above-40/sglt2": lambda p: p.heart_failure & (p.lvef > 40) & ~p.sglt2_inhibitor,
    "10-pioglitazone-hf/stop": lambda p: p.pioglitazone & p.heart_failure,
    "11-nsaid/heart-kidney": lambda p: p.nsaid & (p.heart_failure | p.chronic_kidney_disease),
    "11-nsaid/triple-whammy": lambda p: p.nsaid & (p.ace_inhibitor | p.arb) & p.diuretic,
    "12-rate-limiting-ccb/avoid": lambda p: p.rate_limiting_ccb & p.heart_failure & (p.lvef <= 40),
    "13-saxagliptin-alogliptin-hf/avoid": lambda p: p.saxagliptin_or_alogliptin & p.heart_failure,
    "14-ace-and-arb/stop-one": lambda p: p.ace_inhibitor & p.arb,
    "15-raas-potassium/stop": lambda p: (p.ace_inhibitor | p.arb | p.mra) & (p.potassium >= 6.0),
    "15-raas-potassium/do-not-start": lambda p: (
        (p.heart_failure | p.chronic_kidney_disease | p.type_2_diabetes)
        & ~(p.ace_inhibitor | p.arb | p.mra)
        & (p.potassium > 5.0)
    ),
    "16-raas-monitoring/check-due": lambda p: (
        (p.ace_inhibitor | p.arb)
        & (p.days_since_raas_started > 14)
        & (p.days_since_raas_started <= 90)
        & (
            (p.days_since_potassium >= p.days_since_raas_started)
            | (p.days_since_creatinine >= p.days_since_raas_started)
        )
    ),
    "16-raas-monitoring/egfr-fall": lambda p: (
        (p.ace_inhibitor | p.arb) & (p.days_since_raas_started <= 90) & (p.egfr_fall_percent_90_days >= 25)
    ),
    "16-raas-monitoring/creatinine-rise": lambda p: (
        (p.ace_inhibitor | p.arb) & (p.days_since_raas_started <= 90) & (p.creatinine_rise_percent_90_days >= 30)
    ),
    "17-mra-monitoring/first-week": lambda p: (
        (p.days_since_mra_started > 7)
        & (p.days_since_mra_started <= 31)
        & (p.days_since_potassium >= p.days_since_mra_started)
    ),
    "17-mra-monitoring/monthly": lambda p: (
        (p.days_since_mra_started > 31) & (p.days_since_mra_started <= 92) & (p.days_since_potassium > 31)
    ),
    "17-mra-monitoring/quarterly": lambda p: (
        (p.days_since_mra_started > 92) & (p.days_since_mra_started <= 365) & (p.days_since_potassium > 92)
    ),
    "17-mra-monitoring/half-yearly": lambda p: (p.days_since_mra_started > 365) & (p.days_since_potassium > 183),
    "18-blood-pressure/ckd": lambda p: (
        p.chronic_kidney_disease & (p.age < 80) & (p.uacr < 70) & ((p.systolic >= 140) | (p.diastolic >= 90))
    ),
    "18-blood-pressure/ckd-albuminuria": lambda p: (
        p.chronic_kidney_disease & (p.age < 80) & (p.uacr >= 70) & ((p.systolic >= 130) | (p.diastolic >= 80))
    ),
    "18-blood-pressure/from-80": lambda p: (
        (p.hypertension | p.chronic_kidney_disease) & (p.age >= 80) & ((p.systolic >= 150) | (p.diastolic >= 90))
    ),
    "18-blood-pressure/kdigo": lambda p: (
        p.chronic_kidney_disease & (p.uacr < 70) & (p.systolic >= 120) & (p.systolic < 140)
    ),
    "19-ckd-monitoring/yearly": lambda p: p.chronic_kidney_disease & (p.days_since_egfr > 365),
    "19-ckd-monitoring/twice": lambda p: (
        p.chronic_kidney_disease
        & (p.days_since_egfr > 183)
        & (
            ((p.uacr > 30) & (p.egfr >= 30) & (p.egfr < 60))
            | ((p.uacr <= 30) & (p.egfr >= 15) & ((p.egfr < 30) | ((p.egfr < 45) & (p.uacr >= 3))))
        )
    ),
    "19-ckd-monitoring/three-times": lambda p: (
        p.chronic_kidney_disease & (p.days_since_egfr > 122) & (p.egfr >= 15) & (p.egfr < 30) & (p.uacr > 30)
    ),
    "19-ckd-monitoring/four-times": lambda p: p.chronic_kidney_disease & (p.days_since_egfr > 91) & (p.egfr < 15),
    "20-t2dm-kidney-yearly/uacr": lambda p: p.type_2_diabetes & (p.days_since_uacr > 365),
    "20-t2dm-kidney-yearly/egfr": lambda p: p.type_2_diabetes & (p.days_since_egfr > 365),
    "21-raas-indicated/diabetes": lambda p: p.type_2_diabetes & (p.uacr >= 3) & ~(p.ace_inhibitor | p.arb),
    "21-raas-indicated/hypertension": lambda p: p.hypertension & (p.uacr > 30) & ~(p.ace_inhibitor | p.arb),
    "21-raas-indicated/albuminuria": lambda p: (p.uacr >= 70) & ~(p.ace_inhibitor | p.arb),
    "22-finerenone/consider": lambda p: (
        p.type_2_diabetes & (p.egfr >= 25) & (p.potassium <= 4.8) & (p.uacr >= 3) & (p.ace_inhibitor | p.arb) & ~p.mra
    ),
    "23-nephrology-referral/albuminuria": lambda p: p.chronic_kidney_disease & (p.uacr >= 70),
    "23-nephrology-referral/fall-25-percent": lambda p: (
        p.chronic_kidney_disease & (p.egfr_fall_percent >= 25) & (p.egfr < 60)
    ),
    "23-nephrology-referral/fall-15": lambda p: p.chronic_kidney_disease & (p.egfr_fall >= 15),
    "24-hf-review/review": lambda p: p.heart_failure & (p.days_since_contact > 183),
    "24-hf-review/weight": lambda p: p.heart_failure & (p.weight_gain_3_days > 2),
    "25-phq-9/more-severe": lambda p: p.phq9 >= 16,
    "25-phq-9/less-severe": lambda p: p.depression & (p.phq9 < 16) & (p.phq9 >= 5),
    "25-phq-9/item-9": lambda p: p.phq9_item_9 > 0,
    "26-antidepressant-review/first": lambda p: (
        (p.days_since_antidepressant_started > 14)
        & (p.days_since_antidepressant_started <= 28)
        & (p.days_since_contact >= p.days_since_antidepressant_started)
    ),
    "26-antidepressant-review/young": lambda p: (
        (p.age >= 18)
        & (p.age <= 25)
        & (p.days_since_antidepressant_started > 7)
        & (p.days_since_antidepressant_started <= 14)
        & (p.days_since_contact >= p.days_since_antidepressant_started)
    ),
    "26-antidepressant-review/later": lambda p: (
        (p.days_since_antidepressant_started > 28)
        & (p.days_since_antidepressant_started <= 92)
        & (p.days_since_contact > 28)
    ),
    "27-depression-screening/screen": lambda p: (
        (p.type_2_diabetes | p.heart_failure | p.chronic_kidney_disease) & ~p.depression & (p.days_since_phq9 > 365)
    ),
    "28-antidepressant-interactions/bleeding": lambda p: p.ssri & (p.nsaid | p.antiplatelet | p.anticoagulant),
    "28-antidepressant-interactions/citalopram": lambda p: p.citalopram & (p.age > 65),
    "28-antidepressant-interactions/tricyclic": lambda p: p.tricyclic & p.heart_failure,
    "28-antidepressant-interactions/sodium": lambda p: p.ssri & p.thiazide & (p.days_since_sodium > 183),
    "29-hypoglycaemia-kidney/low-egfr": lambda p: (p.sulfonylurea | p.insulin) & (p.egfr < 30),
    "29-hypoglycaemia-kidney/falling-egfr": lambda p: (p.sulfonylurea | p.insulin) & (p.egfr_fall_percent >= 25),
    "30-statin-ckd/offer": lambda p: p.chronic_kidney_disease & ~p.statin,
    "31-diabetes-yearly/foot": lambda p: p.type_2_diabetes & (p.days_since_foot_check > 365),
    "31-diabetes-yearly/eyes": lambda p: p.type_2_diabetes & (p.days_since_eye_check > 365),
    "31-diabetes-yearly/blood-pressure": lambda p: p.type_2_diabetes & (p.days_since_blood_pressure > 365),
    "31-diabetes-yearly/lipids": lambda p: p.type_2_diabetes & (p.days_since_lipids > 365),
    "31-diabetes-yearly/bmi": lambda p: p.type_2_diabetes & (p.days_since_bmi > 365),
    "31-diabetes-yearly/smoking": lambda p: p.type_2_diabetes & (p.days_since_smoking_status > 365),
    "31-diabetes-yearly/creatinine": lambda p: p.type_2_diabetes & (p.days_since_creatinine > 365),
    "32-polypharmacy/review": lambda p: p.medicine_count >= 10,
    "33-pilot-eligibility/approach": lambda p: (
        ~p.pilot_register & p.pilot_age & two_of_four(p) & p.pilot_at_home & p.pilot_ict
    ),
    "34-mra-potassium/reduce": lambda p: p.mra & (p.potassium > 5.5) & (p.potassium < 6.0),
    "34-mra-potassium/do-not-start": lambda p: p.heart_failure & ~p.mra & (p.potassium > 5.0),
    "35-loop-diuretic/offer": lambda p: (
        p.heart_failure & ~p.loop_diuretic & p.nyha_class.one_of("NYHA II", "NYHA III", "NYHA IV")
    ),
    "35-loop-diuretic/creatinine-rise": lambda p: p.loop_diuretic & (p.creatinine_rise_percent_90_days >= 30),
    "36-potassium-in-food/more": lambda p: (p.type_2_diabetes | p.hypertension) & (p.systolic >= 130),
    "36-potassium-in-food/less": lambda p: p.chronic_kidney_disease & (p.potassium > 5.5),
    "37-fluid-heart-failure/restrict": lambda p: p.heart_failure & p.nyha_class.one_of("NYHA III", "NYHA IV"),
    "38-sick-days-ckd/drink": lambda p: p.chronic_kidney_disease & (p.ace_inhibitor | p.arb | p.mra | p.diuretic),
    "39-hba1c-frailty/above": lambda p: p.type_2_diabetes & p.frailty & (p.hba1c > 64),
}
